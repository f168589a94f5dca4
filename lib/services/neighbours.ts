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
  /** When the last look at it ended, by this process's monotonic clock. */
  readonly at: number;
}

/** Looks in a lease time: twice as many as needed, for those that come late. */
export const LOOKS = 8;

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
  readonly #now: () => number;
  #silent = new Map<string, Silence>();

  /**
   * @param self id of this registry, which is never judged
   * @param leaseTime milliseconds; of registries that are not entered
   * @param now milliseconds of a clock that is never set
   */
  constructor(
    catalogue: Pick<ImageCatalogue, 'writers'>,
    processes: Pick<ProcessBook, 'list'>,
    self: string,
    leaseTime: number,
    now = () => performance.now(),
  ) {
    this.#catalogue = catalogue;
    this.#processes = processes;
    this.#self = self;
    this.#leaseTime = leaseTime;
    this.#now = now;
  }

  /**
   * Looks once.
   * @returns those that are dead, and in how many milliseconds to look again so that no silence goes uncounted
   * @throws RegistryError `unavailable`
   */
  async look(): Promise<{ readonly dead: readonly DeadRegistry[]; readonly again: number }> {
    const begin = this.#now();
    const known = new Map((await this.#processes.list()).map((process) => [process.id, process]));
    for (const id of await this.#catalogue.writers())
      if (!known.has(id)) known.set(id, { ...NAMELESS, id, leaseTime: this.#leaseTime });
    known.delete(this.#self);
    const look = { begin, end: this.#now() };
    const silent = new Map<string, Silence>();
    const dead: DeadRegistry[] = [];
    for (const process of known.values()) {
      const state = await stateOfProcess(process);
      if (state === 'living') continue;
      const silence = continued(this.#silent.get(process.id), process, look);
      silent.set(process.id, silence);
      if (state === 'ended') dead.push({ id: process.id, certain: true });
      else if (silence.seen >= process.leaseTime) dead.push({ id: process.id, certain: false });
    }
    this.#silent = silent;
    const shortest = [...known.values()].reduce(
      (least, one) => Math.min(least, one.leaseTime),
      this.#leaseTime,
    );
    return { dead, again: shortest / LOOKS };
  }
}

/** Only what lies between two looks counts, as nobody knows when the records were read during a look. */
function continued(
  before: Silence | undefined,
  { counter, leaseTime }: ProcessRecord,
  { begin, end }: { readonly begin: number; readonly end: number },
): Silence {
  if (before?.counter !== counter) return { counter, seen: 0, at: end };
  const isShort = end - before.at <= leaseTime / 4;
  return { counter, seen: before.seen + (isShort ? Math.max(0, begin - before.at) : 0), at: end };
}
