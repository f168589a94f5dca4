import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { RegistryError } from '../../errors.js';
import type { BlobSpan } from '../blob-store.js';

/** How often in a row a connection may break without a byte of progress. */
const MOST_BREAKS = 3;
/** ms before the first of them is followed by another attempt; twice as long each time. */
const PAUSE = 100;

export interface S3ReaderOptions {
  /** The bytes to read. */
  readonly span: BlobSpan;
  /** ms that S3 may be silent while data is wanted. */
  readonly idle: number;
  /** Opens the rest of the object, from byte `start` of it to the end of the span. */
  readonly reopen: (start: number) => Promise<Readable>;
}

/**
 * Streams a part of an object. S3 may break a connection off, the more so when its reader is slow: then another one goes on where it ended. So a read
 * fails only when S3 does.
 */
export class S3Reader extends Readable {
  readonly #options: S3ReaderOptions;
  readonly #stop: number;
  readonly #timer: NodeJS.Timeout;
  #at: number;
  /** Null: the connection broke, and nobody has asked for more yet. */
  #body: Readable | null = null;
  #reopening = false;
  #wanted = false;
  #breaks = 0;

  constructor(body: Readable, options: S3ReaderOptions) {
    super({ highWaterMark: 256 * 1024 });
    this.#options = options;
    this.#at = options.span.start;
    this.#stop = options.span.start + options.span.length;
    this.#timer = setTimeout(() => this.#silent(), options.idle);
    this.#attach(body);
  }

  override _read(): void {
    this.#wanted = true;
    this.#timer.refresh();
    if (this.#body !== null) this.#body.resume();
    else void this.#reopen();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#body?.destroy();
    done(error);
  }

  #attach(body: Readable): void {
    this.#body = body;
    body.on('data', (chunk: Buffer) => this.#hand(body, chunk));
    body.once('end', () => this.#ended(body, null));
    body.on('error', (error) => this.#ended(body, error));
    body.once('close', () => this.#ended(body, null));
    if (!this.#wanted) body.pause();
  }

  #hand(body: Readable, chunk: Buffer): void {
    if (this.#body !== body) return;
    this.#at += chunk.length;
    if (this.#at > this.#stop) {
      this.destroy(
        new RegistryError('unavailable', 's3 store: S3 sends more of an object than was asked for'),
      );
      return;
    }
    this.#breaks = 0;
    this.#wanted = this.push(chunk);
    if (this.#wanted) this.#timer.refresh();
    else body.pause();
  }

  #silent(): void {
    const body = this.#body;
    if (body === null || !this.#wanted) return;
    this.#ended(body, new Error(`S3 sends nothing for ${this.#options.idle} ms`));
    body.destroy();
  }

  /** A body has ended, well or not, at the end or before it. */
  #ended(body: Readable, error: Error | null): void {
    if (this.#body !== body || this.destroyed) return;
    this.#body = null;
    if (error === null && this.#at === this.#stop) {
      clearTimeout(this.#timer);
      this.push(null);
      return;
    }
    this.#breaks += 1;
    // An error behind the last byte: it is not what S3 has in store.
    if (this.#breaks > MOST_BREAKS || this.#at === this.#stop) {
      const cause = error ?? new Error('the connection ended too early');
      this.destroy(
        new RegistryError('unavailable', 's3 store: an object cannot be read to its end', { cause }),
      );
      return;
    }
    if (this.#wanted) void this.#reopen();
  }

  async #reopen(): Promise<void> {
    if (this.#reopening) return;
    this.#reopening = true;
    try {
      await sleep(PAUSE * 2 ** (this.#breaks - 1));
      const body = await this.#options.reopen(this.#at);
      if (this.destroyed) body.destroy();
      else this.#attach(body);
      this.#timer.refresh();
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error('cannot read', { cause: error }));
    } finally {
      this.#reopening = false;
    }
  }
}
