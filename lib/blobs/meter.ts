import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { RegistryError } from '../errors.js';
import { Digests } from './digests/digests.js';
import type { DigestThreads } from './digests/digest-threads.js';

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
  /** Where large data is digested. Default: where the meter is. */
  readonly threads?: DigestThreads;
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
 * Counts and digests the bytes that pass, in one pass. What passes is what came, not a copy.
 *
 * Fails at the first byte past `limit` with RegistryError `too_large`, and past `announced` with `bad_request`; those bytes do not pass. Fails with `unavailable` when
 * a thread that digests does.
 */
export class Meter extends Transform {
  readonly #limit: number;
  readonly #announced: number;
  readonly #hasMd5 = knowsDigest('md5');
  readonly #digests: Digests;
  readonly #watch: ((chunk: Buffer) => void) | undefined;
  #size = 0;
  #measured: Measured | null = null;

  constructor({ limit, announced, hashAlgorithm = 'sha512', watch, threads }: MeterOptions = {}) {
    super();
    this.#limit = limit ?? Infinity;
    this.#announced = announced ?? Infinity;
    this.#watch = watch;
    const algorithms = this.#hasMd5 ? [hashAlgorithm, 'md5'] : [hashAlgorithm];
    this.#digests = new Digests(algorithms, threads ?? null, (error) => this.destroy(error));
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
    this.#watch?.(chunk);
    const taking = this.#digests.update(chunk);
    if (taking === null) done(null, chunk);
    else taking.then(() => done(null, chunk), done);
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
    this.#digests.end().then(([hash = '', md5 = null]) => {
      this.#measured = { size: this.#size, md5, hash };
      done();
    }, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#digests.drop();
    done(error);
  }
}

/** Whether this machine computes a digest. */
export function knowsDigest(algorithm: string): boolean {
  try {
    createHash(algorithm);
    return true;
  } catch {
    // OpenSSL refuses md5 under FIPS, and has no way to ask beforehand.
    return false;
  }
}
