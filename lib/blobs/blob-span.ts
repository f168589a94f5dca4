import { RegistryError } from '../errors.js';
import type { ReadOptions } from './blob-store.js';

/** A part of a blob, in bytes. */
export interface BlobSpan {
  readonly start: number;
  readonly length: number;
}

/**
 * The part of a blob of `size` bytes that a read asks for.
 * @throws RangeError when start and end make no range
 * @throws RegistryError `unavailable` when the blob is shorter than asked for
 */
export function blobSpan(size: number, options: ReadOptions = {}): BlobSpan {
  checkRange(options);
  const start = options.start ?? 0;
  const stop = options.end === undefined ? size : options.end + 1;
  if (start > size || stop > size) {
    throw new RegistryError('unavailable', `a blob of ${size} bytes is shorter than was asked for`);
  }
  return { start, length: stop - start };
}

/**
 * Refuses a start and an end that make no range, whatever the size of the blob.
 * @throws RangeError
 */
export function checkRange({ start = 0, end = Number.MAX_SAFE_INTEGER }: ReadOptions): void {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new RangeError(`bytes ${start} to ${end} are no range of a blob`);
  }
}
