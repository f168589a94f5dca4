import { RegistryError } from '../errors.js';

export interface TurnsOptions {
  /** What waits, for messages: `copies`. */
  readonly what: string;
  /** Most that go on at a time. */
  readonly all: number;
  /** Most of one caller that go on at a time. */
  readonly each: number;
  /** Most that wait, of all callers together. Default: no limit. */
  readonly waiting?: number;
  /** Most of one caller that wait. Default: no limit. */
  readonly waitingEach?: number;
}

/** A place in the queue, and then among those that go on. */
export interface Turn {
  /** Resolves when it has come; rejects with the signal's reason when that is aborted before. */
  readonly come: Promise<void>;
  /** Ends it, whether it has come or not; more than once does no harm. */
  readonly end: () => void;
}

interface Waiting {
  readonly begin: () => void;
}

/**
 * Lets a few go on at a time, of each caller and of all, and the others wait in one queue for each caller. Whose caller has the fewest
 * going on comes next, so that nobody waits for the whole queue of somebody else.
 */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #queues = new Map<string, Set<Waiting>>();
  readonly #active = new Map<string, number>();
  #running = 0;
  #waiting = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Takes a place.
   * @param key of the caller
   * @param signal leaves the queue when it is aborted
   * @throws RegistryError `unavailable` when too many wait already
   */
  enter(key: string, signal?: AbortSignal): Turn {
    const { all, each } = this.#options;
    if (this.#running < all && this.#activeOf(key) < each && !this.#queues.has(key)) {
      this.#begin(key);
      return { come: Promise.resolve(), end: once(() => this.#end(key)) };
    }
    this.#requireRoom(key);
    return this.#wait(key, signal);
  }

  /**
   * Does some work in its turn.
   * @throws as `enter`; the signal's reason; what the work throws
   */
  async run<T>(key: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const turn = this.enter(key, signal);
    try {
      await turn.come;
      return await work();
    } finally {
      turn.end();
    }
  }

  #requireRoom(key: string): void {
    const { what, waiting = Infinity, waitingEach = Infinity } = this.#options;
    if (this.#waiting >= waiting || (this.#queues.get(key)?.size ?? 0) >= waitingEach)
      throw new RegistryError('unavailable', `too many ${what} wait for their turn`);
  }

  #wait(key: string, signal: AbortSignal | undefined): Turn {
    let leave = (): void => undefined;
    const come = new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        begin: () => {
          leave = () => this.#end(key);
          signal?.removeEventListener('abort', gone);
          resolve();
        },
      };
      const gone = (): void => {
        end();
        const reason: unknown = signal?.reason;
        reject(reason instanceof Error ? reason : new Error('aborted', { cause: reason }));
      };
      leave = () => {
        signal?.removeEventListener('abort', gone);
        this.#remove(key, waiting);
      };
      this.#add(key, waiting);
      if (signal?.aborted === true) queueMicrotask(gone);
      else signal?.addEventListener('abort', gone, { once: true });
    });
    const end = once(() => leave());
    // Whoever ends its turn before it has come does not wait for it.
    come.catch(() => undefined);
    return { come, end };
  }

  #add(key: string, waiting: Waiting): void {
    const queue = this.#queues.get(key) ?? new Set();
    this.#queues.set(key, queue.add(waiting));
    this.#waiting += 1;
  }

  #remove(key: string, waiting: Waiting): void {
    const queue = this.#queues.get(key);
    if (queue?.delete(waiting) !== true) return;
    this.#waiting -= 1;
    if (queue.size === 0) this.#queues.delete(key);
  }

  #activeOf(key: string): number {
    return this.#active.get(key) ?? 0;
  }

  #begin(key: string): void {
    this.#running += 1;
    this.#active.set(key, this.#activeOf(key) + 1);
  }

  #end(key: string): void {
    this.#running -= 1;
    const active = this.#activeOf(key) - 1;
    if (active === 0) this.#active.delete(key);
    else this.#active.set(key, active);
    this.#next();
  }

  #next(): void {
    const key = this.#nextKey();
    if (key === undefined) return;
    const queue = this.#queues.get(key) ?? new Set();
    const [waiting] = queue;
    if (waiting === undefined) return;
    this.#remove(key, waiting);
    // Behind the others that have as many going on.
    if (queue.size > 0) {
      this.#queues.delete(key);
      this.#queues.set(key, queue);
    }
    this.#begin(key);
    waiting.begin();
    this.#next();
  }

  /** The caller with the fewest going on, of those the one that has had its last turn first. */
  #nextKey(): string | undefined {
    if (this.#running >= this.#options.all) return undefined;
    let found: string | undefined;
    let fewest = this.#options.each;
    for (const key of this.#queues.keys())
      if (this.#activeOf(key) < fewest) {
        found = key;
        fewest = this.#activeOf(key);
        if (fewest === 0) break;
      }
    return found;
  }
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}
