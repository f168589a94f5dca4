import type { Readable } from 'node:stream';
import { RegistryError } from '../../errors.js';
import { GuardedCalls, type CallTimer } from '../../guarded-call.js';
import type { Logger } from '../../logger.js';
import {
  type BlobStore,
  checkBlobKey,
  checkMark,
  checkRange,
  isFilePath,
  type CopyOptions,
  type ReadOptions,
  type WriteOptions,
  type WrittenBlob,
} from '../blob-store.js';
import { endOnAbort } from '../consume.js';
import { WatchedStream } from './watched-stream.js';
import { watchedWrite } from './watched-write.js';

export interface GuardOptions {
  /** Name of the store, for the log. */
  readonly name: string;
  /**
   * ms that one call may take: open, stat, remove, discard, close, the begin of a read; and that the store may stand still while
   * data is wanted of it or there for it. Default: 30 seconds.
   */
  readonly deadline?: number;
  readonly log: Logger;
  /** Whether nothing may be written to the store, marked on it or removed from it: `store_denied`. Default false. */
  readonly readOnly?: boolean;
  /** Told how long each call took; for a read: until it began. */
  readonly timer?: CallTimer;
}

/**
 * Wraps a store so that it keeps the port's promises, whoever wrote it: no call hangs, a slow client is no fault of the
 * store, unknown errors become RegistryError `unavailable` with their cause, errors of the data and reasons of aborts
 * come through unchanged, a blob that is shorter or longer than its data is discarded, and a read that is shorter or
 * longer than its range fails.
 */
export function guard(store: BlobStore, options: GuardOptions): BlobStore {
  const guarded =
    options.readOnly === true ? new ReadOnlyStore(store, options) : new GuardedStore(store, options);
  const optional: Pick<BlobStore, 'copy' | 'list' | 'strays' | 'mark' | 'fileOf'> = {};
  if (store.copy !== undefined)
    optional.copy = (from, location, key, more) => guarded.copied(from, location, key, more);
  if (store.list !== undefined) optional.list = () => guarded.pages('list', () => store.list?.());
  if (store.strays !== undefined) optional.strays = () => guarded.pages('strays', () => store.strays?.());
  if (store.mark !== undefined) optional.mark = (wanted) => guarded.marked(wanted);
  if (store.fileOf !== undefined) optional.fileOf = (location) => guarded.file(location);
  return Object.assign(guarded, optional);
}

class GuardedStore implements BlobStore {
  readonly type: string;
  readonly #store: BlobStore;
  /** As the log has it. */
  protected readonly name: string;
  readonly #deadline: number;
  readonly #calls: GuardedCalls;
  readonly #log: Logger;
  /** Keys of writes that the store has not ended, though nobody may be waiting for them any more. */
  readonly #writing = new Set<string>();

  constructor(store: BlobStore, { name, deadline = 30_000, log, timer }: GuardOptions) {
    this.type = store.type ?? 'custom';
    this.#store = store;
    this.name = name;
    this.#deadline = deadline;
    this.#calls = new GuardedCalls({
      deadline,
      timer,
      describe: (operation) => `${operation} of the store ${name}`,
    });
    this.#log = log;
  }

  async open(): Promise<void> {
    await this.#call('open', {}, async () => this.#store.open?.());
  }

  async close(): Promise<void> {
    await this.#call('close', {}, async () => this.#store.close?.());
  }

  async write(key: string, data: Readable, options: WriteOptions = {}): Promise<WrittenBlob> {
    try {
      checkBlobKey(key);
    } catch (error) {
      data.destroy();
      throw error;
    }
    return this.#calls.time('write', () => this.#write(key, data, options));
  }

  async read(location: string, options: ReadOptions = {}): Promise<Readable> {
    checkRange(options);
    const { signal, start = 0, end } = options;
    signal?.throwIfAborted();
    let late = false;
    const open = async (): Promise<Readable> => {
      const stream = await this.#store.read(location, options);
      if (late) stream.destroy();
      return stream;
    };
    let source: Readable;
    try {
      source = await this.#call('read', { key: location }, open);
    } catch (error) {
      late = true;
      signal?.throwIfAborted();
      throw error;
    }
    const named = (error: unknown): Error =>
      signal?.aborted === true ? asError(error) : this.#calls.named('read', error);
    const length = end === undefined ? undefined : end - start + 1;
    const stream = new WatchedStream(source, { watch: 'source', idle: this.#deadline, length, named });
    stream.once('error', (err) => {
      const level = signal?.aborted === true ? 'debug' : 'warn';
      this.#say(level, { operation: 'read', key: location, err }, 'blob not read to its end');
    });
    return endOnAbort(stream, signal);
  }

  async stat(location: string): Promise<{ size: number }> {
    return this.#call('stat', { key: location }, () => this.#store.stat(location));
  }

  async remove(location: string): Promise<void> {
    await this.#call('remove', { key: location }, () => this.#store.remove(location));
  }

  async discard(key: string): Promise<void> {
    checkBlobKey(key);
    await this.#call('discard', { key }, () => {
      if (this.#writing.has(key)) throw new Error('The write of this key has not ended');
      return this.#store.discard(key);
    });
  }

  /** Where the store says that a blob is as a file: nothing but a path below its folder goes through. */
  file(location: string): string | null {
    const file = this.#store.fileOf?.(location) ?? null;
    if (file === null || isFilePath(file)) return file;
    throw new RegistryError(
      'unavailable',
      `the store ${this.name} names a file that is not below its folder`,
    );
  }

  /** The store's mark. */
  async marked(wanted: string | null): Promise<string | null> {
    if (wanted !== null) checkMark(wanted);
    return this.#call('mark', {}, async () => (await this.#store.mark?.(wanted)) ?? null);
  }

  /** The store's copy of a blob of another store. It may take its time: only the store itself knows how long a medium copies. */
  async copied(
    from: BlobStore,
    location: string,
    key: string,
    options: CopyOptions = {},
  ): Promise<WrittenBlob | null> {
    checkBlobKey(key);
    options.signal?.throwIfAborted();
    const inner = from instanceof GuardedStore ? from.#store : from;
    try {
      const copy = async (): Promise<WrittenBlob | null> =>
        (await this.#store.copy?.(inner, location, key, options)) ?? null;
      return await this.#calls.time('copy', copy);
    } catch (error) {
      options.signal?.throwIfAborted();
      const err = this.#calls.named('copy', error);
      this.#say('warn', { operation: 'copy', key, err }, 'blob not copied');
      throw err;
    }
  }

  /** A list of the store, page by page under the deadline. */
  async *pages<T>(operation: string, begin: () => AsyncIterable<T> | undefined): AsyncGenerator<T> {
    const blobs = begin()?.[Symbol.asyncIterator]();
    if (blobs === undefined) return;
    let isLeft = false;
    try {
      for (;;) {
        const next = await this.#call(operation, {}, () => blobs.next());
        if (next.done === true) return;
        isLeft = true;
        yield next.value;
        isLeft = false;
      }
    } finally {
      const end = async (): Promise<unknown> => blobs.return?.();
      if (isLeft) await this.#call(operation, {}, end);
      // A generator that hangs ends when that call of it does, if ever.
      else end().catch(() => undefined);
    }
  }

  async #write(key: string, data: Readable, options: WriteOptions): Promise<WrittenBlob> {
    const fields = { operation: 'write', key };
    const store: Pick<BlobStore, 'write'> = {
      write: async (...args) => {
        this.#writing.add(key);
        try {
          return await this.#store.write(...args);
        } finally {
          this.#writing.delete(key);
        }
      },
    };
    const outcome = await watchedWrite(store, key, data, options, this.#deadline);
    if ('blob' in outcome) {
      this.#say('debug', { ...fields, size: outcome.blob.size }, 'blob written');
      return outcome.blob;
    }
    const failure = outcome.byCaller ? outcome.error : this.#calls.named('write', outcome.error);
    this.#say(outcome.byCaller ? 'debug' : 'warn', { ...fields, err: failure }, 'blob not written');
    const cleared = outcome.left.then(
      () => this.#clear(key),
      () => undefined,
    );
    // A store that hangs may come round later; nobody waits for that.
    if (outcome.whole) await cleared;
    throw failure;
  }

  async #call<T>(operation: string, fields: object, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#calls.plain(operation, work);
    } catch (err) {
      this.#say('warn', { operation, ...fields, err }, 'blob store failed');
      throw err;
    }
  }

  async #clear(key: string): Promise<void> {
    try {
      await this.discard(key);
    } catch (err) {
      this.#say('warn', { operation: 'discard', key, err }, 'a blob of a failed write is left over');
    }
  }

  #say(level: 'debug' | 'warn', fields: object, message: string): void {
    this.#log[level]({ store: this.name, ...fields }, message);
  }
}

/** A store that only reads. */
class ReadOnlyStore extends GuardedStore {
  override write(_key: string, data: Readable): Promise<WrittenBlob> {
    data.destroy();
    return this.#refuse();
  }

  override remove(): Promise<void> {
    return this.#refuse();
  }

  override discard(): Promise<void> {
    return this.#refuse();
  }

  override copied(): Promise<WrittenBlob> {
    return this.#refuse();
  }

  override marked(wanted: string | null): Promise<string | null> {
    return wanted === null ? super.marked(null) : this.#refuse();
  }

  #refuse(): Promise<never> {
    return Promise.reject(
      new RegistryError('store_denied', `the store ${this.name} is configured as read-only`),
    );
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('aborted', { cause: error });
}
