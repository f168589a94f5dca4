/**
 * A blob store of one's own: compressed files in a folder. A file is the size of its blob in eight bytes, then gzip.
 * `<key>.part` is being written, `<key>.gz` is whole.
 */
import { createReadStream } from 'node:fs';
import { link, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { RegistryError, type ErrorCode } from 'express-image-registry';
import type { BlobStore, ListedBlob, ReadOptions, WriteOptions, WrittenBlob } from 'express-image-registry';

const HEADER_BYTES = 8;
/** What errors of the file system mean to the registry; all others: `unavailable`. */
const NAMES: Readonly<Record<string, ErrorCode>> = {
  EEXIST: 'key_taken',
  ENOSPC: 'store_full',
  EDQUOT: 'store_full',
  EACCES: 'store_denied',
  EPERM: 'store_denied',
  EROFS: 'store_denied',
};
/** What keys look like; a location is the key itself. */
const KEY = /^[a-z0-9-]{1,200}$/;

export interface GzipStoreOptions {
  /** Folder of this store alone; made when it is not there. */
  readonly path: string;
}

export function gzipStore({ path: folder }: GzipStoreOptions): BlobStore {
  const staged = (key: string): string => path.join(folder, `${key}.part`);
  const whole = (key: string): string => path.join(folder, `${key}.gz`);

  const store = {
    async open(): Promise<void> {
      await onDisk(mkdir(folder, { recursive: true }));
    },

    async write(key: string, data: Readable, { signal }: WriteOptions = {}): Promise<WrittenBlob> {
      try {
        checkKey(key);
        signal?.throwIfAborted();
        const size = await compress(staged(key), data, signal);
        signal?.throwIfAborted();
        // A link never replaces what is there, as a rename would: a blob does not change.
        await onDisk(link(staged(key), whole(key)));
        await syncFolder(folder).catch(async (error: unknown) => {
          await onDisk(rm(whole(key), { force: true }));
          throw error;
        });
        await onDisk(rm(staged(key)));
        return { location: key, size };
      } catch (error) {
        data.destroy();
        if (KEY.test(key)) await onDisk(rm(staged(key), { force: true }));
        signal?.throwIfAborted();
        throw error;
      }
    },

    async read(location: string, { start = 0, end, signal }: ReadOptions = {}): Promise<Readable> {
      signal?.throwIfAborted();
      checkRange(start, end);
      const { size } = await store.stat(location);
      const stop = end === undefined ? size : end + 1;
      if (start > size || stop > size) {
        throw new RegistryError('unavailable', `a blob of ${size} bytes is shorter than was asked for`);
      }
      return endOnAbort(
        Readable.from(decompress(whole(location), start, stop), { objectMode: false }),
        signal,
      );
    },

    async stat(location: string): Promise<{ size: number }> {
      const file = await openWhole(folder, location);
      try {
        const header = Buffer.alloc(HEADER_BYTES);
        await onDisk(file.read(header, 0, HEADER_BYTES, 0));
        return { size: Number(header.readBigUInt64BE()) };
      } finally {
        await file.close();
      }
    },

    async remove(location: string): Promise<void> {
      if (!KEY.test(location)) return;
      await onDisk(rm(whole(location), { force: true }));
      await syncFolder(folder);
    },

    async discard(key: string): Promise<void> {
      checkKey(key);
      await onDisk(rm(staged(key), { force: true }));
      await store.remove(key);
    },

    async *list(): AsyncGenerator<ListedBlob> {
      for (const name of await onDisk(readdir(folder))) {
        if (!name.endsWith('.gz')) continue;
        const key = name.slice(0, -'.gz'.length);
        yield { key, location: key, ...(await store.stat(key)) };
      }
    },
  };
  return store;
}

function checkRange(start: number, end = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new RangeError(`bytes ${start} to ${end} are not a valid range of a blob`);
  }
}

function checkKey(key: string): void {
  if (!KEY.test(key)) throw new TypeError('gzip store: a key is 1 to 200 characters of a-z, 0-9 and -');
}

async function openWhole(folder: string, location: string): Promise<FileHandle> {
  const missing = new RegistryError('blob_not_found', `gzip store: no blob ${location}`);
  if (!KEY.test(location)) throw missing;
  try {
    return await open(path.join(folder, `${location}.gz`));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw stored(error);
    // A file is missing only while its folder is there: a disk that is not mounted is an outage.
    await onDisk(stat(folder));
    throw missing;
  }
}

/** Writes a new file and waits until the disk has it; returns the bytes before compression. */
async function compress(file: string, data: Readable, signal: AbortSignal | undefined): Promise<number> {
  let size = 0;
  // The pipeline comes first and the file is made in it: data may fail at any time, and somebody has to listen.
  await pipeline(
    data,
    async function* count(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        size += chunk.length;
        yield chunk;
      }
    },
    createGzip(),
    (chunks: AsyncIterable<Buffer>) => writeAll(file, chunks, () => size),
    signal === undefined ? {} : { signal },
  );
  return size;
}

/** Writes compressed chunks behind a header, which is known when they have ended. */
async function writeAll(file: string, chunks: AsyncIterable<Buffer>, size: () => number): Promise<void> {
  const handle = await onDisk(open(file, 'wx'));
  const header = Buffer.alloc(HEADER_BYTES);
  try {
    await onDisk(handle.writeFile(header));
    for await (const chunk of chunks) await onDisk(handle.writeFile(chunk));
    header.writeBigUInt64BE(BigInt(size()));
    await onDisk(handle.write(header, 0, HEADER_BYTES, 0));
    await onDisk(handle.sync());
  } finally {
    await onDisk(handle.close());
  }
}

/** The bytes from `start` to before `stop`; what lies before them is decompressed and thrown away. */
async function* decompress(file: string, start: number, stop: number): AsyncGenerator<Buffer> {
  const compressed = createReadStream(file, { start: HEADER_BYTES });
  const plain = createGunzip();
  compressed.once('error', (error) => plain.destroy(error));
  let at = 0;
  try {
    for await (const chunk of compressed.pipe(plain) as AsyncIterable<Buffer>) {
      const part = chunk.subarray(Math.max(0, start - at), stop - at);
      at += chunk.length;
      if (part.length > 0) yield part;
      if (at >= stop) return;
    }
  } catch (error) {
    // What a reader throws in goes through as it is.
    throw plain.errored === error ? stored(error) : error;
  } finally {
    compressed.destroy();
    plain.destroy();
  }
  if (at < stop) throw new RegistryError('unavailable', 'gzip store: a blob ends too early');
}

function endOnAbort(stream: Readable, signal: AbortSignal | undefined): Readable {
  const stop = (): void => {
    const reason: unknown = signal?.reason;
    stream.destroy(reason instanceof Error ? reason : new Error('aborted', { cause: reason }));
  };
  signal?.addEventListener('abort', stop, { once: true });
  return stream.once('close', () => signal?.removeEventListener('abort', stop));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await onDisk(open(folder));
  try {
    await onDisk(handle.sync());
  } finally {
    await handle.close();
  }
}

/** Waits for a call of the file system. */
async function onDisk<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw stored(error);
  }
}

/** The error as the port for blob stores names it. */
function stored(error: unknown): RegistryError {
  if (error instanceof RegistryError) return error;
  const code = codeOf(error);
  return new RegistryError(NAMES[code] ?? 'unavailable', `gzip store: ${code}`, { cause: error });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
