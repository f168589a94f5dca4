import { InPlaceDigests, type Digester } from './digester.js';
import type { DigestThreads } from './digest-threads.js';

/** Up to so many bytes are digested in place: a thread would cost more than it saves. */
const SMALL = 256 * 1024;
/** The most chunks that are kept until it is known whether there are more bytes than that. */
const CHUNKS = 64;

/** Digests of one stream of bytes: in place when it is small, else in threads. */
export class Digests implements Digester {
  readonly #algorithms: readonly string[];
  readonly #threads: DigestThreads | null;
  readonly #failed: (error: Error) => void;
  #held: Buffer[] = [];
  #bytes = 0;
  #inner: Digester | null;
  #dropped = false;

  /**
   * @param threads null: everything is digested in place
   * @param failed told once when it fails, be it that nobody waits for it
   */
  constructor(algorithms: readonly string[], threads: DigestThreads | null, failed: (error: Error) => void) {
    this.#algorithms = algorithms;
    this.#threads = threads;
    this.#failed = failed;
    this.#inner = threads?.areUsable === true ? null : new InPlaceDigests(algorithms);
  }

  update(chunk: Buffer): Promise<void> | null {
    if (this.#inner !== null) return this.#inner.update(chunk);
    this.#held.push(chunk);
    this.#bytes += chunk.length;
    return this.#bytes > SMALL || this.#held.length > CHUNKS ? this.#begin() : null;
  }

  async end(): Promise<string[]> {
    this.#inner ??= new InPlaceDigests(this.#algorithms);
    await this.#giveHeld(this.#inner);
    return this.#inner.end();
  }

  drop(): void {
    this.#dropped = true;
    this.#held = [];
    this.#inner?.drop();
  }

  async #begin(): Promise<void> {
    const threaded = await this.#threads?.begin(this.#algorithms, this.#failed);
    this.#inner = threaded ?? new InPlaceDigests(this.#algorithms);
    if (this.#dropped) this.#inner.drop();
    await this.#giveHeld(this.#inner);
  }

  async #giveHeld(inner: Digester): Promise<void> {
    const held = this.#held;
    this.#held = [];
    for (const chunk of held) await inner.update(chunk);
  }
}
