import { createHash, type Hash } from 'node:crypto';

/** Makes digests of one stream of bytes. */
export interface Digester {
  /** Takes bytes, which must not change before they are taken. @returns null when they are taken, else what resolves when they are */
  update(chunk: Buffer): Promise<void> | null;
  /** The digests of all that was taken, hex. */
  end(): Promise<string[]>;
  /** Ends it without a result; may be called at any time, and again. */
  drop(): void;
}

/** Digests in the caller's own thread. */
export class InPlaceDigests implements Digester {
  readonly #hashes: readonly Hash[];

  /** @param algorithms by OpenSSL's names */
  constructor(algorithms: readonly string[]) {
    this.#hashes = algorithms.map((algorithm) => createHash(algorithm));
  }

  update(chunk: Buffer): null {
    for (const hash of this.#hashes) hash.update(chunk);
    return null;
  }

  end(): Promise<string[]> {
    return Promise.resolve(this.#hashes.map((hash) => hash.digest('hex')));
  }

  drop(): void {
    // Nothing is kept but memory.
  }
}
