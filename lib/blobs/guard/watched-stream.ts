import { Readable } from 'node:stream';
import { RegistryError } from '../../errors.js';

export interface WatchOptions {
  /**
   * Who is watched. `reader`: it must ask for the next piece within `idle` ms of having been given one; how long the
   * source takes does not matter. `source`: the other way round.
   */
  readonly watch: 'reader' | 'source';
  /** ms. */
  readonly idle: number;
  /** Bytes that must pass, when that is known. */
  readonly length?: number | undefined;
  /** What the reader is to see of the source's error. */
  readonly named?: (error: unknown) => Error;
}

/** Hands a stream on, piece by piece, and fails with `unavailable` when one side of it stands still for too long. */
export class WatchedStream extends Readable {
  readonly #source: Readable;
  readonly #pieces: AsyncIterator<Buffer, unknown>;
  readonly #options: WatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #passed = 0;
  #stalled = false;
  #sourceEnded = false;
  #sourceError: { readonly error: unknown } | null = null;

  constructor(source: Readable, options: WatchOptions) {
    // A store gets its next piece when it has taken the one before; a client's piece is read from the store when it is wanted.
    super({ highWaterMark: options.watch === 'reader' ? 1 : 0 });
    this.#source = source;
    this.#pieces = (source as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    this.#options = options;
    // It may fail before it is read from; the reader is told then, later.
    source.on('error', () => undefined);
    if (options.watch === 'reader') this.#arm();
  }

  /** Bytes that have been handed on. */
  get passed(): number {
    return this.#passed;
  }

  /** Whether the source has ended as it should. */
  get sourceEnded(): boolean {
    return this.#sourceEnded;
  }

  /** Whether the watched side stood still for too long. */
  get stalled(): boolean {
    return this.#stalled;
  }

  /** What the source has failed with; null when it has not. */
  get sourceError(): { readonly error: unknown } | null {
    return this.#sourceError;
  }

  override _read(): void {
    if (this.#options.watch === 'source') this.#arm();
    else clearTimeout(this.#timer);
    this.#pieces.next().then(
      (piece) => this.#hand(piece.done === true ? null : piece.value),
      (error: unknown) => this.#fail(error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#source.destroy();
    done(error);
  }

  #hand(piece: Buffer | null): void {
    if (this.destroyed) return;
    clearTimeout(this.#timer);
    if (piece === null) {
      this.#end();
      return;
    }
    this.#passed += piece.length;
    if (this.#options.watch === 'reader') this.#arm();
    this.push(piece);
  }

  #fail(error: unknown): void {
    if (this.destroyed) return;
    this.#sourceError = { error };
    const named = this.#options.named?.(error) ?? error;
    this.destroy(named instanceof Error ? named : new Error('the data failed', { cause: named }));
  }

  #end(): void {
    const { length } = this.#options;
    if (length === undefined || length === this.#passed) {
      this.#sourceEnded = true;
      this.push(null);
      return;
    }
    this.destroy(
      new RegistryError('unavailable', `the store gave ${this.#passed} bytes where ${length} were asked for`),
    );
  }

  #arm(): void {
    const { watch, idle } = this.#options;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#stalled = true;
      const verb = watch === 'reader' ? 'takes' : 'gives';
      this.destroy(new RegistryError('unavailable', `the store ${verb} no data for ${idle} ms`));
    }, idle);
  }
}
