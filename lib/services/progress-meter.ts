import { Transform, type TransformCallback } from 'node:stream';

/** Bytes between two reports. */
const STEP = 16 * 1024 * 1024;

/** Lets data through and tells now and then how much has passed. */
export class ProgressMeter extends Transform {
  readonly #report: (bytes: number) => void;
  #passed = 0;
  #reported = 0;

  /** @param report gets the bytes that have passed: every 16 MiB, and at the end */
  constructor(report: (bytes: number) => void) {
    super();
    this.#report = report;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#passed += chunk.length;
    if (this.#passed - this.#reported >= STEP) this.#tell();
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    this.#tell();
    done();
  }

  #tell(): void {
    this.#reported = this.#passed;
    this.#report(this.#passed);
  }
}
