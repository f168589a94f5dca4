import { createHash, type Hash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { RegistryError } from '../errors.js';

/** What a meter knows once all bytes have passed. */
export interface Measured {
  /** Bytes. */
  readonly size: number;
  /** Hex; null where this machine has no md5 (FIPS). */
  readonly md5: string | null;
  /** By the algorithm of the meter, hex. */
  readonly hash: string;
}

export interface MeterOptions {
  /** The most bytes that may pass. Default: no limit. */
  readonly limit?: number;
  /** What was said of the size beforehand, by the client or the source; null: nothing. */
  readonly announced?: number | null;
  /** Digest besides md5, by OpenSSL's name. Default `sha512`. */
  readonly hashAlgorithm?: string;
  /** Is shown the bytes as they pass, and must not keep or change them. Default: nobody is. */
  readonly watch?: (chunk: Buffer) => void;
}

/**
 * Counts and digests the bytes that pass, in one pass and without copying them.
 *
 * Fails at the first byte past `limit` with RegistryError `too_large`, and past `announced` with `bad_request`; those bytes do not pass.
 */
export class Meter extends Transform {
  readonly #limit: number;
  readonly #announced: number;
  readonly #md5: Hash | null;
  readonly #hash: Hash;
  readonly #watch: ((chunk: Buffer) => void) | undefined;
  #size = 0;
  #measured: Measured | null = null;

  constructor({ limit, announced, hashAlgorithm = 'sha512', watch }: MeterOptions = {}) {
    super();
    this.#limit = limit ?? Infinity;
    this.#announced = announced ?? Infinity;
    this.#hash = createHash(hashAlgorithm);
    this.#watch = watch;
    this.#md5 = md5();
  }

  /**
   * Size and digests of all the bytes.
   * @throws Error before the end of the data has passed
   */
  result(): Measured {
    if (this.#measured === null) throw new Error('the data has not ended yet');
    return this.#measured;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const size = this.#size + chunk.length;
    if (size > this.#limit || size > this.#announced) {
      done(this.#refusal(size));
      return;
    }
    this.#size = size;
    this.#md5?.update(chunk);
    this.#hash.update(chunk);
    this.#watch?.(chunk);
    done(null, chunk);
  }

  #refusal(size: number): RegistryError {
    if (size > this.#limit)
      return new RegistryError('too_large', `The image is larger than ${this.#limit} bytes.`);
    return new RegistryError(
      'bad_request',
      `The size does not match: ${this.#announced} bytes were announced, more came.`,
    );
  }

  override _flush(done: TransformCallback): void {
    this.#measured = {
      size: this.#size,
      md5: this.#md5?.digest('hex') ?? null,
      hash: this.#hash.digest('hex'),
    };
    done();
  }
}

/** Null where this machine has no md5. */
export function md5(): Hash | null {
  try {
    return createHash('md5');
  } catch {
    // OpenSSL refuses md5 under FIPS, and has no way to ask beforehand.
    return null;
  }
}
