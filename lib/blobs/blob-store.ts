import type { Readable } from 'node:stream';
import { RegistryError } from '../errors.js';

/**
 * The port for the data of images.
 *
 * Promised: `write` is all or nothing: nothing can be read at the location before it resolves, what is read then is
 * whole and survives a crash of the process, and nothing is left after it rejects, unless the medium itself has failed:
 * then `discard` removes what is left. A blob never changes. Memory use of a transfer does not grow with its size.
 * Not promised: listing, order, or that `write` notices a `signal` between two chunks at once.
 *
 * Errors are RegistryErrors with code `blob_not_found`, `store_full`, `store_denied`, `key_taken` or `unavailable` (then
 * a removal may have happened or not); an error of the data stream itself, and the reason of an abort, come through as they are.
 * Arguments that break the rules below (a key of other characters, a range with its end before its start) are
 * TypeErrors and RangeErrors.
 */
export interface BlobStore {
  /** What the store is made of, as admins are told: `file`, `memory`, `redis`… Default: `custom`. */
  readonly type?: string;

  /**
   * Stores the whole of `data` under `key`, which is unique for every attempt: 1 to 200 characters of `a-z 0-9 -`.
   * A key that is taken is refused with `key_taken`, and its blob stays as it is. `data` is consumed, or destroyed when the write fails.
   */
  write(key: string, data: Readable, options?: WriteOptions): Promise<WrittenBlob>;

  /**
   * Opens a blob, whole or from byte `start` to byte `end` (both inclusive, as in RFC 9110 Range). It or the stream
   * fails when the blob is shorter than asked for. A location that is none of this store's own is `blob_not_found`.
   */
  read(location: string, options?: ReadOptions): Promise<Readable>;

  /** Size of a blob in bytes. */
  stat(location: string): Promise<{ size: number }>;

  /** Removes a blob; removing what is not there is no error. */
  remove(location: string): Promise<void>;

  /**
   * Removes all that a write with this key may have left, whole or in parts, after its process died; what is not there
   * is no error. Never called while that write goes on in the same process. One of another process that was taken for dead may go on all
   * the same: then it fails, or another `discard` removes what it leaves.
   */
  discard(key: string): Promise<void>;

  /**
   * Stores under `key` what another store has at `location` without moving its bytes through this process, with the promises of `write`. Null when this
   * store cannot: `from` is another medium, or one that it may not read; then nothing has happened, and the caller reads and writes. A copy is as whole as
   * the blob that it is of: no digest is taken of it.
   */
  copy?(from: BlobStore, location: string, key: string, options?: CopyOptions): Promise<WrittenBlob | null>;

  /** All whole blobs under the keys that they were written under, in any order, for the comparison of catalogue and store. */
  list?(): AsyncIterable<ListedBlob>;

  /** What lies in the medium where blobs do and is none, in any order, for the same comparison. `list` passes over it. */
  strays?(): AsyncIterable<Stray>;

  /**
   * The mark of the medium, by which a registry tells its own store from an empty place where a disk is not mounted, from a server that
   * lost its data and from another registry's store. With null it gives the mark that stands there, null when there is none. With a text
   * of 1 to 200 characters of `A-Z a-z 0-9 -` and space it puts that if there is none, and gives the mark that stands there then: of many
   * that put at once, in any number of processes, all get the same answer. A mark is as durable as a blob and is never changed.
   *
   * Once a call has given a text, every other call fails with `unavailable` while the medium has another mark or none, as far as it
   * would otherwise say `blob_not_found`, be done, or write. A store without this method cannot tell its medium from another one.
   */
  mark?(wanted: string | null): Promise<string | null>;

  /**
   * Where a blob is as a plain file, for a program beside this process that sends files by itself: a path of segments of `a-z 0-9 -` with `/` between
   * them, below the one folder in which the store keeps all of its blobs. Null: a location that is none of this store's own.
   *
   * Nothing is looked at. So it is neither promised that the blob is there, or how large it is, which `stat` tells, nor that it is still there when the file is
   * opened: a removal does not wait. A file that has been opened can be read to its end. A store without this method keeps no plain files.
   */
  fileOf?(location: string): string | null;

  /** Makes the store ready; called once before anything else, and again when it failed. */
  open?(): Promise<void>;

  /** Releases connections; called once, last. */
  close?(): Promise<void>;
}

export interface WriteOptions {
  /** Size in bytes when it is known beforehand; a store may refuse at once what does not fit. */
  readonly size?: number;
  readonly signal?: AbortSignal;
}

export interface CopyOptions {
  /** May take effect late: what is under way is waited for. */
  readonly signal?: AbortSignal;
}

export interface ReadOptions {
  readonly start?: number;
  readonly end?: number;
  readonly signal?: AbortSignal;
}

/** A whole blob as the store lists it. */
export interface ListedBlob {
  readonly key: string;
  readonly location: string;
  /** Bytes. */
  readonly size: number;
}

/** Something among the blobs that is none. */
export interface Stray {
  /** Where it is: the location of a blob when it is in the place of one, else as the store names it. */
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

export interface WrittenBlob {
  /** Where `read` finds it: opaque to all but this store, at most 1 000 characters, free of credentials. */
  readonly location: string;
  /** Bytes stored. */
  readonly size: number;
}

const BLOB_KEY = /^[a-z0-9-]{1,200}$/;

/** Whether `text` is a key as the BlobStore port demands it: 1 to 200 characters of `a-z 0-9 -`. */
export function isBlobKey(text: string): boolean {
  return BLOB_KEY.test(text);
}

/**
 * Refuses a key that could mean anything but one blob of its own store.
 * @throws TypeError
 */
export function checkBlobKey(key: string): void {
  if (!isBlobKey(key)) throw new TypeError('a blob key has 1 to 200 characters of a-z, 0-9 and -');
}

/** Whether `text` is a path as `fileOf` gives it: one that leads nowhere but down. */
export function isFilePath(text: string): boolean {
  return /^[a-z0-9-]+(\/[a-z0-9-]+)*$/.test(text);
}

/**
 * Refuses a mark that the BlobStore port has no room for.
 * @throws TypeError
 */
export function checkMark(mark: string): void {
  if (!/^[A-Za-z0-9 -]{1,200}$/.test(mark))
    throw new TypeError('a mark has 1 to 200 characters of A-Z, a-z, 0-9, - and space');
}

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
    throw new RangeError(`bytes ${start} to ${end} are not a valid range of a blob`);
  }
}
