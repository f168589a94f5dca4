import type { Logger } from '../../logger.js';
import { DigestPool } from './digest-pool.js';
import { ThreadedDigests } from './threaded-digests.js';

/** Cores are the process's, and so are the threads: none is started before a large upload comes. */
const OF_THE_PROCESS = new DigestPool();

export interface DigestThreadsOptions {
  /** The most threads that are used; 0: none. */
  readonly limit: number;
  readonly log: Logger;
}

/** The threads that one registry digests in; it shares them with others of its process. */
export class DigestThreads {
  readonly #pool: DigestPool;
  readonly #limit: number;
  readonly #log: Logger;
  #broken = false;

  constructor({ limit, log }: DigestThreadsOptions, pool: DigestPool = OF_THE_PROCESS) {
    this.#limit = limit;
    this.#log = log;
    this.#pool = pool;
  }

  /** Whether data may be digested in threads. */
  get areUsable(): boolean {
    return this.#limit > 0 && !this.#broken;
  }

  /**
   * Begins digests of one stream of bytes.
   * @param failed told once when a thread fails
   * @returns null when there are no threads: they may not be used, or cannot be started here, which is logged once
   */
  async begin(
    algorithms: readonly string[],
    failed: (error: Error) => void,
  ): Promise<ThreadedDigests | null> {
    if (!this.areUsable) return null;
    const digests = new ThreadedDigests(failed);
    try {
      await digests.open(algorithms, (lane) => this.#pool.open(this, this.#limit, lane));
      return digests;
    } catch (error) {
      digests.drop();
      if (!this.#broken)
        this.#log.warn(
          { err: error },
          'no threads for digests can be started, data is digested without them',
        );
      this.#broken = true;
      return null;
    }
  }

  /** Ends the threads unless another registry uses them. */
  close(): Promise<void> {
    return this.#pool.release(this);
  }
}
