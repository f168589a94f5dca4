import { setTimeout as sleep } from 'node:timers/promises';
import type { PendingRoom, Usage, UsageBook } from '../catalogue/usage-book.js';
import { RegistryError } from '../errors.js';

/** A usage that is about to be written. */
export interface UsageDraft {
  bytes: number;
  /** Room kept for blobs that are being written, by the id of their entry. */
  readonly pending: Map<string, PendingRoom>;
}

/** Changes a usage; false: it is left as it was. */
export type UsageChange = (usage: UsageDraft) => boolean;

/** Milliseconds to wait at most when another process was faster: doubled each time, from the first to the last. */
const BACK_OFF = { first: 5, last: 1000 };
/** How often a change is tried: every failure means that another process has succeeded, so this is a crowd, or a fault. */
const TRIES = 100;

interface Change {
  readonly change: UsageChange;
  /** Aborted when whoever wanted it has gone. */
  readonly signal: AbortSignal | undefined;
  readonly resolve: (changed: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** What waits for its turn: a change, or a count that nothing of this process may come between. */
type Job = Change | { readonly count: () => Promise<void> };

/**
 * The changes of usage records, in one queue for each project. What this process wants to change while a commit is going on goes into
 * the next commit all together, so that any number of uploads makes few of them; of other processes it keeps clear by waiting for a
 * random while.
 */
export class UsageQueue {
  readonly #book: UsageBook;
  /** What waits, of each project that somebody is at work for. */
  readonly #lanes = new Map<string, Job[]>();

  constructor(book: UsageBook) {
    this.#book = book;
  }

  /**
   * Changes a usage; `change` is called again when another process was faster.
   * @param signal of the client: once it is aborted, nobody waits any more, and the change is left out if it is not too late
   * @returns what `change` gave when that was written
   * @throws RegistryError `unavailable`; the signal's reason
   */
  async change(owner: string, change: UsageChange, signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    let leave = (): void => undefined;
    try {
      return await new Promise<boolean>((resolve, reject) => {
        leave = () => reject(asError(signal?.reason));
        signal?.addEventListener('abort', leave, { once: true });
        this.#add(owner, { change, signal, resolve, reject });
      });
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  /**
   * Puts a count in the place of a usage, in turn with the changes.
   * @param count makes the usage anew; called again when another process was faster
   * @throws RegistryError `unavailable`
   */
  replace(owner: string, count: (current: Usage | undefined) => Promise<Usage>): Promise<void> {
    return new Promise((resolve, reject) => {
      const put = async (): Promise<boolean> => {
        const current = await this.#book.get(owner);
        return this.#book.put(await count(current), current?.revision ?? 0);
      };
      this.#add(owner, { count: () => this.#untilDone(owner, put).then(resolve, reject) });
    });
  }

  #add(owner: string, job: Job): void {
    const lane = this.#lanes.get(owner);
    if (lane !== undefined) {
      lane.push(job);
      return;
    }
    const begun = [job];
    this.#lanes.set(owner, begun);
    void this.#work(owner, begun);
  }

  async #work(owner: string, lane: Job[]): Promise<void> {
    for (let [job] = lane; job !== undefined; [job] = lane) {
      if ('count' in job) {
        lane.shift();
        await job.count();
      } else await this.#commit(owner, lane);
    }
    this.#lanes.delete(owner);
  }

  /** Commits all changes that wait, those too that come while other processes are faster. */
  async #commit(owner: string, lane: Job[]): Promise<void> {
    const batch: Change[] = [];
    let results: (Pick<Change, 'resolve'> & { readonly changed: boolean })[] = [];
    try {
      await this.#untilDone(owner, async () => {
        batch.push(...takeChanges(lane));
        const current = await this.#book.get(owner);
        const draft = {
          bytes: current?.bytes ?? 0,
          pending: new Map(Object.entries(current?.pending ?? {})),
        };
        results = batch
          .filter(({ signal }) => signal?.aborted !== true)
          .map(({ change, resolve }) => ({ resolve, changed: change(draft) }));
        return (
          !results.some(({ changed }) => changed) ||
          this.#book.put(usageOf(owner, draft), current?.revision ?? 0)
        );
      });
      for (const { resolve, changed } of results) resolve(changed);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  async #untilDone(owner: string, attempt: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; !(await attempt()); tries += 1) {
      if (tries === TRIES) throw new RegistryError('unavailable', `the usage of ${owner} changes too often`);
      await sleep(Math.random() * Math.min(BACK_OFF.first * 2 ** tries, BACK_OFF.last));
    }
  }
}

function usageOf(project: string, { bytes, pending }: UsageDraft): Usage {
  return { project, bytes, pending: Object.fromEntries(pending) };
}

/** Takes the changes at the beginning of a queue out of it. */
function takeChanges(lane: Job[]): Change[] {
  const until = lane.findIndex((job) => 'count' in job);
  return lane.splice(0, until === -1 ? lane.length : until).filter((job): job is Change => !('count' in job));
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
