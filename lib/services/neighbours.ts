import type { ImageCatalogue } from '../catalogue/image-catalogue.js';
import type { ProcessBook, ProcessRecord } from '../catalogue/process-book.js';
import { stateOfProcess } from './process-identity.js';

/** A registry that will not finish what it has begun. */
export interface DeadRegistry {
  readonly id: string;
  /** Whether its process is known to have ended; else it was silent for its lease time, and may yet come round. */
  readonly certain: boolean;
}

interface Silence {
  readonly counter: number;
  /** Milliseconds for which this watcher saw the counter stand still. */
  readonly seen: number;
  /** When it was looked at last, by this process's monotonic clock. */
  readonly at: number;
}

/** What a registry counts as that writes but is not entered: nobody can tell more of it. */
const NAMELESS = { boot: null, namespace: null, pid: 0, start: null, counter: -1 };

/**
 * Finds registries that have died. One whose process ran on this very host is judged by that; any other one must have stood still for
 * its own lease time. Clocks of different hosts are never compared, and only time between two looks that both succeeded and were at most a
 * quarter of the lease time apart counts: an outage of the metadata kills nobody.
 */
export class Neighbours {
  readonly #catalogue: Pick<ImageCatalogue, 'writers'>;
  readonly #processes: Pick<ProcessBook, 'list'>;
  readonly #self: string;
  readonly #leaseTime: number;
  #silent = new Map<string, Silence>();

  /**
   * @param self id of this registry, which is never judged
   * @param leaseTime milliseconds; of registries that are not entered
   */
  constructor(
    catalogue: Pick<ImageCatalogue, 'writers'>,
    processes: Pick<ProcessBook, 'list'>,
    self: string,
    leaseTime: number,
  ) {
    this.#catalogue = catalogue;
    this.#processes = processes;
    this.#self = self;
    this.#leaseTime = leaseTime;
  }

  /**
   * Looks once.
   * @returns those that are dead, and in how many milliseconds to look again so that no silence goes uncounted
   * @throws RegistryError `unavailable`
   */
  async look(): Promise<{ readonly dead: readonly DeadRegistry[]; readonly again: number }> {
    const known = new Map((await this.#processes.list()).map((process) => [process.id, process]));
    for (const id of await this.#catalogue.writers())
      if (!known.has(id)) known.set(id, { ...NAMELESS, id, leaseTime: this.#leaseTime });
    known.delete(this.#self);
    const now = performance.now();
    const silent = new Map<string, Silence>();
    const dead: DeadRegistry[] = [];
    for (const process of known.values()) {
      const state = await stateOfProcess(process);
      if (state === 'living') continue;
      const silence = continued(this.#silent.get(process.id), process, now);
      silent.set(process.id, silence);
      if (state === 'ended') dead.push({ id: process.id, certain: true });
      else if (silence.seen >= process.leaseTime) dead.push({ id: process.id, certain: false });
    }
    this.#silent = silent;
    const shortest = [...known.values()].reduce(
      (least, one) => Math.min(least, one.leaseTime),
      this.#leaseTime,
    );
    return { dead, again: shortest / 5 };
  }
}

function continued(before: Silence | undefined, { counter, leaseTime }: ProcessRecord, now: number): Silence {
  if (before?.counter !== counter) return { counter, seen: 0, at: now };
  const gap = now - before.at;
  return { counter, seen: before.seen + (gap <= leaseTime / 4 ? gap : 0), at: now };
}
