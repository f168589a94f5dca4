import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { knowsDigest } from '../blobs/meter.js';
import { RegistryError } from '../errors.js';

/** A digest that data must have. */
export interface Digest {
  /** OpenSSL's name. */
  readonly algorithm: string;
  /** Hex. */
  readonly value: string;
}

/**
 * Passes data on, but each chunk only when the next one has come or the data has ended well, so that data of another length or digest than
 * announced, or whose source fails at its very end, is never whole on the wire; and the end follows its last bytes at once.
 * Fails with RegistryError `unavailable` for another length, `blob_damaged` for another digest.
 * It holds one chunk, and asks for the next one only when it is itself asked.
 */
export class WholeBody extends Readable {
  readonly #source: Readable;
  readonly #pieces: AsyncIterator<Buffer, unknown>;
  readonly #length: number;
  readonly #digest: Digest | null;
  readonly #hash: Hash | null;
  #seen = 0;
  #held: Buffer | null = null;

  /**
   * @param length bytes that must come
   * @param digest what they must have; default: anything
   */
  constructor(source: Readable, length: number, digest: Digest | null = null) {
    super({ highWaterMark: 0 });
    this.#source = source;
    this.#pieces = (source as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    this.#length = length;
    this.#digest = digest;
    this.#hash = digest === null || !knowsDigest(digest.algorithm) ? null : createHash(digest.algorithm);
    // It may fail before it is read from; the reader is told then, later.
    source.on('error', () => undefined);
  }

  override _read(): void {
    this.#advance().catch((error: unknown) =>
      this.destroy(error instanceof Error ? error : new Error('the data failed', { cause: error })),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#source.destroy();
    done(error);
  }

  async #advance(): Promise<void> {
    for (;;) {
      const next = await this.#pieces.next();
      if (this.destroyed) return;
      const passed = this.#held;
      if (next.done === true) {
        this.#checkEnd();
        if (passed !== null) this.push(passed);
        this.push(null);
        return;
      }
      this.#held = next.value;
      this.#seen += next.value.length;
      this.#hash?.update(next.value);
      if (this.#seen > this.#length) throw this.#fault();
      if (passed !== null) {
        this.push(passed);
        return;
      }
    }
  }

  #checkEnd(): void {
    if (this.#seen !== this.#length) throw this.#fault();
    if (this.#hash !== null && this.#hash.digest('hex') !== this.#digest?.value.toLowerCase())
      throw new RegistryError(
        'blob_damaged',
        `the data does not have the ${this.#digest?.algorithm} of its image`,
      );
  }

  #fault(): RegistryError {
    return new RegistryError('unavailable', `the store gave ${this.#seen} bytes of ${this.#length}`);
  }
}
