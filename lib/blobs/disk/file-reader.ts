import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { RegistryError } from '../../errors.js';
import type { BlobSpan } from '../blob-store.js';
import { onDisk } from './disk-error.js';

/** Fewer, larger reads cost less time; three of them are in memory for each download: ahead, held back, and on the socket. */
const READ_SIZE = 256 * 1024;

/** Streams a part of an open file, fails when the file ends before it, and closes the file in any case. */
export class FileReader extends Readable {
  readonly #file: FileHandle;
  #at: number;
  #left: number;

  constructor(file: FileHandle, { start, length }: BlobSpan) {
    super({ highWaterMark: READ_SIZE });
    this.#file = file;
    this.#at = start;
    this.#left = length;
  }

  override _read(): void {
    this.#next().then(
      (chunk) => this.push(chunk),
      (error: unknown) =>
        this.destroy(error instanceof Error ? error : new Error('cannot read', { cause: error })),
    );
  }

  async #next(): Promise<Buffer | null> {
    const size = Math.min(this.#left, READ_SIZE);
    if (size === 0) return null;
    const buffer = Buffer.allocUnsafeSlow(size);
    const { bytesRead } = await onDisk('read a file', this.#file.read(buffer, 0, size, this.#at));
    if (bytesRead === 0) throw new RegistryError('unavailable', 'disk store: a blob ends too early');
    this.#at += bytesRead;
    this.#left -= bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    onDisk('close a file', this.#file.close()).then(
      () => done(error),
      (closing: unknown) => done(error ?? (closing instanceof Error ? closing : null)),
    );
  }
}
