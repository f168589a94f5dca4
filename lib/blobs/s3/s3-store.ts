import { Readable } from 'node:stream';
import { isRegistryError, RegistryError } from '../../errors.js';
import {
  blobSpan,
  type BlobStore,
  checkBlobKey,
  checkMark,
  checkRange,
  type CopyOptions,
  isBlobKey,
  type ListedBlob,
  type ReadOptions,
  type Stray,
  type WriteOptions,
  type WrittenBlob,
} from '../blob-store.js';
import { consume, endOnAbort } from '../consume.js';
import { S3Calls } from './s3-calls.js';
import { connectS3, type S3Connection } from './s3-client.js';
import { hasStatus } from './s3-failure.js';
import { S3Mark } from './s3-mark.js';
import { S3Objects } from './s3-objects.js';
import { s3Settings, type S3Settings, type S3StoreOptions } from './s3-options.js';
import { S3Reader } from './s3-reader.js';
import { S3Sweep } from './s3-sweep.js';
import { S3Uploads } from './s3-uploads.js';
import { S3Writer } from './s3-writer.js';

/** A copied part is so much larger than one that is sent: no byte of it comes here. */
const COPIED_PARTS = 16;
/** Bytes that S3 copies in one request, at most. */
const LARGEST_COPY = 5 * 1024 ** 3;

/**
 * Blobs as objects of a bucket of Amazon S3 or of a server that speaks its protocol. Any number of processes may share it. The package `@aws-sdk/client-s3`
 * is loaded when the store is opened.
 *
 * A blob is `{prefix}/blobs/{key}`, the mark `{prefix}/registry-mark`. With a mark, a bucket that was emptied or exchanged is `unavailable`, as one that is
 * missing always is. What a crashed writer leaves is a multipart upload, which `discard` aborts; one that nobody discards is aborted `abandonedAfter` its
 * begin by any process that opens the store or writes to it.
 * @throws TypeError naming the option that is wrong
 */
export function s3Store(options: S3StoreOptions): BlobStore {
  return new S3Store(s3Settings(options));
}

interface Opened {
  readonly s3: S3Connection;
  readonly objects: S3Objects;
  readonly uploads: S3Uploads;
  readonly mark: S3Mark;
  readonly sweep: S3Sweep;
}

class S3Store implements BlobStore {
  readonly #settings: S3Settings;
  #opened: Opened | null = null;

  constructor(settings: S3Settings) {
    this.#settings = settings;
  }

  async open(): Promise<void> {
    const { client, clientOptions, bucket, prefix, deadline, abandonedAfter, logger } = this.#settings;
    const s3 = await connectS3(client, clientOptions, 3 * deadline);
    try {
      const calls = new S3Calls(s3, bucket, deadline);
      const objects = new S3Objects(calls);
      await objects.checkBucket();
      const uploads = new S3Uploads(calls);
      const sweep = new S3Sweep(uploads, this.#keyOf(''), abandonedAfter, logger);
      this.#opened = { s3, objects, uploads, sweep, mark: new S3Mark(objects, `${prefix}registry-mark`) };
      sweep.start();
    } catch (error) {
      s3.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#opened?.sweep.stop();
    this.#opened?.s3.close();
    this.#opened = null;
  }

  async mark(wanted: string | null): Promise<string | null> {
    if (wanted !== null) checkMark(wanted);
    const { mark } = this.#ready();
    return wanted === null ? mark.read() : mark.put(wanted);
  }

  write(key: string, data: Readable, { size, signal }: WriteOptions = {}): Promise<WrittenBlob> {
    return consume(data, signal, async () => {
      checkBlobKey(key);
      const opened = this.#ready();
      opened.sweep.start();
      const free = this.#checkFree(key);
      // It is asked for when the first part is there.
      free.catch(() => undefined);
      return this.#make(key, signal, (writer) =>
        writer.write(data, { ...this.#settings, size, signal }, free),
      );
    });
  }

  async copy(
    from: BlobStore,
    location: string,
    key: string,
    { signal }: CopyOptions = {},
  ): Promise<WrittenBlob | null> {
    checkBlobKey(key);
    signal?.throwIfAborted();
    const { s3 } = this.#ready();
    if (!(from instanceof S3Store) || from.#ready().s3.service !== s3.service) return null;
    const path = from.#keyAt(location);
    const object = await from.#ready().objects.head(path);
    if (object === null) throw await from.#missing();
    await this.#checkFree(key);
    const { partSize, concurrency } = this.#settings;
    const plan = { partSize: Math.min(COPIED_PARTS * partSize, LARGEST_COPY), concurrency };
    const { size } = object;
    const source = { path: `${from.#settings.bucket}/${path}`, size };
    try {
      return await this.#make(key, signal, async (writer) => {
        await writer.copy(source, plan, signal);
        return size;
      });
    } catch (error) {
      signal?.throwIfAborted();
      // These credentials may not read over there, or S3 does not copy: whoever asked can read and write.
      if (isRegistryError(error, 'store_denied') || hasStatus(error, 501)) return null;
      throw error;
    }
  }

  async read(location: string, options: ReadOptions = {}): Promise<Readable> {
    checkRange(options);
    options.signal?.throwIfAborted();
    const { objects } = this.#ready();
    const key = this.#keyAt(location);
    const found = await objects.read(key, options).catch((error: unknown) => {
      options.signal?.throwIfAborted();
      throw error;
    });
    if (found === null) throw await this.#missing();
    if (found === 'beyond') {
      blobSpan((await this.stat(location)).size, options);
      // The end of the blob is no byte of it, but nothing is all that there is from there on.
      return Readable.from([]);
    }
    const { body, span, etag } = found;
    const end = span.start + span.length - 1;
    if (options.end !== undefined && end !== options.end) {
      body.destroy();
      throw new RegistryError(
        'unavailable',
        `s3 store: a blob of ${end + 1} bytes is shorter than was asked for`,
      );
    }
    const reopen = async (start: number): Promise<Readable> => {
      const rest = await objects.read(key, { ...options, start, end, etag });
      if (rest === null) throw await this.#missing();
      if (rest === 'beyond') throw new RegistryError('unavailable', 's3 store: an object has become shorter');
      return rest.body;
    };
    return endOnAbort(new S3Reader(body, { span, idle: this.#settings.deadline, reopen }), options.signal);
  }

  async stat(location: string): Promise<{ size: number }> {
    const found = await this.#ready().objects.head(this.#keyAt(location));
    if (found === null) throw await this.#missing();
    return { size: found.size };
  }

  async remove(location: string): Promise<void> {
    const { objects, mark } = this.#ready();
    const key = this.#keyAt(location);
    await mark.check();
    await objects.remove(key);
  }

  async discard(key: string): Promise<void> {
    checkBlobKey(key);
    const { objects, uploads, mark } = this.#ready();
    await mark.check();
    const object = this.#keyOf(key);
    // Uploads first: one that is completed before it could be aborted has made an object.
    await uploads.abortAll(object);
    await objects.remove(object);
  }

  async *list(): AsyncGenerator<ListedBlob> {
    for await (const { name, size } of this.#objects())
      if (isBlobKey(name)) yield { key: name, location: name, size };
  }

  async *strays(): AsyncGenerator<Stray> {
    for await (const { name } of this.#objects())
      // The S3 console makes a folder so: an empty object with a slash at its end.
      if (!isBlobKey(name)) yield { name: name || './', kind: /(^|\/)$/.test(name) ? 'folder' : 'file' };
  }

  /** All objects among the blobs, by what comes after the prefix. */
  async *#objects(): AsyncGenerator<{ readonly name: string; readonly size: number }> {
    const { objects, mark } = this.#ready();
    await mark.check();
    const folder = this.#keyOf('');
    for await (const { key, size } of objects.list(folder)) yield { name: key.slice(folder.length), size };
  }

  /** Makes an object; when that fails, or another one came of it, nothing is left of it. */
  async #make(
    key: string,
    signal: AbortSignal | undefined,
    work: (writer: S3Writer) => Promise<number>,
  ): Promise<WrittenBlob> {
    const { objects, uploads } = this.#ready();
    const object = this.#keyOf(key);
    const writer = new S3Writer(objects, uploads, object);
    try {
      const size = await work(writer);
      signal?.throwIfAborted();
      const found = await objects.head(object);
      if (found?.size !== size) {
        const stored = found === null ? 'nothing' : `${found.size} bytes`;
        throw new RegistryError('unavailable', `s3 store: S3 has stored ${stored} of ${size} bytes`);
      }
      signal?.throwIfAborted();
      return { location: key, size };
    } catch (error) {
      await writer.undo().catch((err: unknown) => {
        this.#settings.logger.warn({ err, key }, 's3 store: parts of a failed write are left over');
      });
      throw error;
    }
  }

  /** Makes sure that the medium is the right one, and that there is no blob of this key. */
  async #checkFree(key: string): Promise<void> {
    const { objects, mark } = this.#ready();
    const [, taken] = await Promise.all([mark.check(), objects.head(this.#keyOf(key))]);
    if (taken !== null) throw new RegistryError('key_taken', `s3 store: the key ${key} is taken`);
  }

  /** What to say of an object that is not there: that, or that its bucket is not. */
  async #missing(): Promise<RegistryError> {
    await this.#ready().mark.check();
    return missing();
  }

  #keyOf(key: string): string {
    return `${this.#settings.prefix}blobs/${key}`;
  }

  #keyAt(location: string): string {
    if (!isBlobKey(location)) throw missing();
    return this.#keyOf(location);
  }

  #ready(): Opened {
    if (this.#opened === null) throw new RegistryError('unavailable', 's3 store: it is not open');
    return this.#opened;
  }
}

function missing(): RegistryError {
  return new RegistryError('blob_not_found', 's3 store: no such blob');
}
