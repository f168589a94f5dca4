import { createHash, type Hash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { md5 } from '../blobs/meter.js';
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
 */
export class WholeBody extends Transform {
  readonly #length: number;
  readonly #digest: Digest | null;
  readonly #hash: Hash | null;
  #seen = 0;
  #held: Buffer | null = null;

  /**
   * @param length bytes that must come
   * @param digest what they must have; default: anything
   */
  constructor(length: number, digest: Digest | null = null) {
    super();
    this.#length = length;
    this.#digest = digest;
    if (digest === null) this.#hash = null;
    else this.#hash = digest.algorithm === 'md5' ? md5() : createHash(digest.algorithm);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#seen += chunk.length;
    this.#hash?.update(chunk);
    const passed = this.#held;
    this.#held = chunk;
    if (this.#seen > this.#length) done(this.#fault());
    else if (passed === null) done();
    else done(null, passed);
  }

  override _flush(done: TransformCallback): void {
    if (this.#seen !== this.#length) done(this.#fault());
    else if (this.#hash !== null && this.#hash.digest('hex') !== this.#digest?.value.toLowerCase())
      done(this.#mismatch());
    else done(null, this.#held);
  }

  #mismatch(): RegistryError {
    return new RegistryError('blob_damaged', `the data has not the ${this.#digest?.algorithm} of its image`);
  }

  #fault(): RegistryError {
    return new RegistryError('unavailable', `the store gave ${this.#seen} bytes of ${this.#length}`);
  }
}
