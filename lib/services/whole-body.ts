import { Transform, type TransformCallback } from 'node:stream';
import { RegistryError } from '../errors.js';

/**
 * Passes data on, but each chunk only when the next one has come or the data has ended well, so that data of another length than announced,
 * or whose source fails at its very end, is never whole on the wire; and the end follows its last bytes at once.
 * Fails with RegistryError `unavailable` for another length.
 */
export class WholeBody extends Transform {
  readonly #length: number;
  #seen = 0;
  #held: Buffer | null = null;

  /** @param length bytes that must come */
  constructor(length: number) {
    super();
    this.#length = length;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#seen += chunk.length;
    const passed = this.#held;
    this.#held = chunk;
    if (this.#seen > this.#length) done(this.#fault());
    else if (passed === null) done();
    else done(null, passed);
  }

  override _flush(done: TransformCallback): void {
    if (this.#seen === this.#length) done(null, this.#held);
    else done(this.#fault());
  }

  #fault(): RegistryError {
    return new RegistryError('unavailable', `the store gave ${this.#seen} bytes of ${this.#length}`);
  }
}
