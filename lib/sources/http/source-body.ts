import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { RegistryError } from '../../errors.js';
import type { LeastRate } from './least-rate.js';
import { sourceTooLarge, sourceUnavailable } from './source-errors.js';
import type { SourcePart } from './source-part.js';

export interface SourceBodyOptions {
  /** Name of the source for the log. */
  readonly name: string;
  /** ms without a byte while data is wanted. */
  readonly idle: number;
  /** Most bytes of the whole source. */
  readonly cap: number;
  /** What the source must give; null: any rate will do. */
  readonly leastRate: LeastRate | null;
}

/**
 * The wanted bytes in the body of an answer. Fails with RegistryError `unavailable` when they do not come, are too few
 * or too many, and with `too_large` when the source is beyond the cap. Destroying it ends the connection.
 */
export class SourceBody extends Readable {
  readonly #answer: IncomingMessage;
  readonly #part: SourcePart;
  readonly #options: SourceBodyOptions;
  #timer: NodeJS.Timeout | undefined;
  #seen = 0;
  #passed = 0;
  #done = false;

  constructor(answer: IncomingMessage, part: SourcePart, options: SourceBodyOptions) {
    // Node's own 16 KiB are less than what comes at once: the connection would be stopped and started for every piece.
    super({ highWaterMark: 256 * 1024 });
    this.#answer = answer;
    this.#part = part;
    this.#options = options;
    answer.pause();
    answer.on('data', (piece: Buffer) => this.#take(piece));
    answer.on('end', () => this.#end());
    answer.on('error', (error) => this.#fail('breaks off', error));
    answer.on('close', () => this.#fail('breaks off'));
  }

  override _read(): void {
    if (this.#done) return;
    if (this.#answer.destroyed) {
      this.#fail('breaks off', this.#answer.errored);
      return;
    }
    this.#arm();
    this.#answer.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#finish();
    done(error);
  }

  #take(piece: Buffer): void {
    if (this.#done) return;
    const { skip, length, more, offset } = this.#part;
    const before = this.#seen;
    this.#seen += piece.length;
    if (offset + this.#seen > this.#options.cap) {
      this.#stop(sourceTooLarge(this.#options.cap));
      return;
    }
    let wanted = piece.subarray(Math.max(0, skip - before));
    const left = length === null ? wanted.length : length - this.#passed;
    if (wanted.length > left && !more) {
      this.#fail(`sends more than the ${this.#passed + left} bytes that were to come`);
      return;
    }
    wanted = wanted.subarray(0, left);
    this.#passed += wanted.length;
    if (this.#options.leastRate?.took(piece.length) === false) {
      this.#fail('gives too little data');
      return;
    }
    this.#arm();
    if (wanted.length > 0 && !this.push(wanted)) this.#rest();
    if (more && this.#passed === length) this.#complete();
  }

  #end(): void {
    const { skip, length } = this.#part;
    const short = this.#seen < skip || (length !== null && this.#passed < length);
    if (short || !this.#answer.complete) this.#fail(`ends after ${this.#seen} bytes`);
    else this.#complete();
  }

  #complete(): void {
    if (this.#done) return;
    this.#finish();
    this.push(null);
  }

  #fail(how: string, cause?: unknown): void {
    if (!this.#done) this.#stop(sourceUnavailable(`${this.#options.name} ${how}`, cause));
  }

  #stop(error: RegistryError): void {
    this.#finish();
    this.destroy(error);
  }

  #finish(): void {
    this.#done = true;
    clearTimeout(this.#timer);
    this.#answer.destroy();
  }

  #arm(): void {
    this.#options.leastRate?.wait();
    // One timer for all pieces.
    if (this.#timer !== undefined) this.#timer.refresh();
    else
      this.#timer = setTimeout(
        () => this.#fail(`gives no data for ${this.#options.idle} ms`),
        this.#options.idle,
      );
  }

  #rest(): void {
    this.#options.leastRate?.rest();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#answer.pause();
  }
}
