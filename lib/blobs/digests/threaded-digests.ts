import type { RegistryError } from '../../errors.js';
import type { Digester } from './digester.js';
import type { Lane, LaneListener, LaneRequest } from './digest-pool.js';

/** Bytes of a piece: one message for each, to each thread. */
const PIECE = 256 * 1024;
/** Pieces of the ring: some are digested while others are filled. */
const PIECES = 8;

/**
 * Digests of one stream of bytes in threads, all at the same time. Bytes are copied once, into a ring of shared memory, which all of the threads read; whoever
 * brings more waits until the slowest of them has taken a piece.
 */
export class ThreadedDigests implements Digester {
  readonly #ring = new SharedArrayBuffer(PIECE * PIECES);
  readonly #bytes = Buffer.from(this.#ring);
  readonly #failed: (error: Error) => void;
  readonly #lanes: Lane[] = [];
  /** Pieces that each lane has taken. */
  readonly #taken: number[] = [];
  readonly #digests: Promise<string>[] = [];
  #sent = 0;
  /** Bytes in the piece that is being filled. */
  #filled = 0;
  #failure: Error | null = null;
  #wake = (): void => undefined;

  constructor(failed: (error: Error) => void) {
    this.#failed = failed;
  }

  /**
   * Opens a lane for each digest; to be called before any bytes come.
   * @throws whatever `open` throws; to be dropped then
   */
  async open(algorithms: readonly string[], open: (request: LaneRequest) => Promise<Lane>): Promise<void> {
    const opened = await Promise.allSettled(
      algorithms.map((algorithm, index) => {
        this.#taken.push(0);
        const listener = this.#listener(index);
        return open({ algorithm, ring: this.#ring, listener });
      }),
    );
    for (const lane of opened) if (lane.status === 'fulfilled') this.#lanes.push(lane.value);
    for (const lane of opened) if (lane.status === 'rejected') throw lane.reason;
  }

  #listener(index: number): LaneListener {
    let digested: (hex: string) => void = () => undefined;
    let failed: (error: RegistryError) => void = () => undefined;
    const digest = new Promise<string>((resolve, reject) => ([digested, failed] = [resolve, reject]));
    digest.catch((error: unknown) => this.#fail(error as RegistryError));
    this.#digests.push(digest);
    const taken = (): void => {
      this.#taken[index] = (this.#taken[index] ?? 0) + 1;
      this.#wake();
    };
    return { taken, digested, failed };
  }

  update(chunk: Buffer): Promise<void> | null {
    const at = this.#take(chunk, 0);
    return at === chunk.length ? null : this.#takeRest(chunk, at);
  }

  async end(): Promise<string[]> {
    if (this.#filled > 0) this.#send();
    for (const lane of this.#lanes) lane.finish();
    return Promise.all(this.#digests);
  }

  drop(): void {
    for (const lane of this.#lanes) lane.drop();
    this.#failure ??= new Error('dropped');
    this.#wake();
  }

  /** Takes what there is room for. @returns where the rest begins */
  #take(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length && this.#sent - Math.min(...this.#taken) < PIECES) {
      const some = Math.min(PIECE - this.#filled, chunk.length - at);
      const to = (this.#sent % PIECES) * PIECE + this.#filled;
      // Not `set`, which copies word by word where memory is shared: beside threads that digest, that took a third of the main thread's time.
      this.#bytes.fill(some === chunk.length ? chunk : chunk.subarray(at, at + some), to, to + some);
      at += some;
      this.#filled += some;
      if (this.#filled === PIECE) this.#send();
    }
    return at;
  }

  async #takeRest(chunk: Buffer, start: number): Promise<void> {
    for (let at = start; at < chunk.length; at = this.#take(chunk, at)) {
      if (this.#failure !== null) throw this.#failure;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #send(): void {
    for (const lane of this.#lanes) lane.send((this.#sent % PIECES) * PIECE, this.#filled);
    this.#sent += 1;
    this.#filled = 0;
  }

  #fail(error: Error): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#wake();
    this.#failed(error);
  }
}
