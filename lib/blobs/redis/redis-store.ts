import { Readable } from 'node:stream';
import { isRegistryError, RegistryError } from '../../errors.js';
import { processWarnings, type Logger } from '../../logger.js';
import { checkEviction } from '../../redis/check-eviction.js';
import type { RedisClientLike } from '../../redis/redis-client.js';
import { RedisConnection } from '../../redis/redis-connection.js';
import { RedisLink } from '../../redis/redis-link.js';
import {
  blobSpan,
  type BlobStore,
  type ListedBlob,
  checkBlobKey,
  checkMark,
  isBlobKey,
  type ReadOptions,
  type WriteOptions,
  type WrittenBlob,
} from '../blob-store.js';
import { consume, endOnAbort } from '../consume.js';
import { RedisBook, type BookEntry } from './redis-book.js';
import { connectRedis, redisCalls } from './redis-calls.js';
import { readChunks } from './redis-reader.js';
import { writeChunks } from './redis-writer.js';

const MIB = 1024 * 1024;
/** The longest a timer can wait, ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

export interface RedisStoreOptions {
  /** A connected client of @redis/client 5 (single, cluster or sentinel). It stays the caller's to close. */
  readonly client?: RedisClientLike;
  /** `redis://` or `rediss://` address, in place of `client`: the store connects and closes by itself. */
  readonly url?: string;
  /** Begins all keys: 1 to 100 characters of `A-Z a-z 0-9 _ - . :`. Default: `image-blobs`. */
  readonly prefix?: string;
  /** Bytes of one value in Redis, 1 to 1 MiB. Default: 1 MiB. */
  readonly chunkSize?: number;
  /** The most bytes of all blobs, those on their way included, over all processes. Default: 1 GiB. */
  readonly maxBytes?: number;
  /** ms after which what a dead writer has left expires, 1 000 or more. Default: 10 minutes. */
  readonly stagingTtl?: number;
  /** ms that one command may take. Default: 10 seconds. */
  readonly deadline?: number;
  /** Told of lost connections, failed cleaning and risky server settings. Default: `process.emitWarning`. */
  readonly logger?: Logger;
}

/**
 * Blobs in Redis 7 or later, as chunks that become readable all at once. They last as well as Redis's own persistence
 * makes them. Any number of processes may share them.
 *
 * With a mark (the key `{prefix}:mark`), a Redis that lost its data, as by FLUSHALL or a restart without persistence, is `unavailable`.
 * What a crashed writer leaves expires after `stagingTtl`, or is cleared away by the next `open` or `write` of any
 * process. `open` refuses a server that may evict blobs (`maxmemory-policy` allkeys-*) with `store_denied`, and warns
 * of one that evicts expiring keys, or does not tell.
 * @throws TypeError naming the option that is wrong
 */
export function redisStore(options: RedisStoreOptions): BlobStore {
  const prefix = options.prefix ?? 'image-blobs';
  if (!/^[\w.:-]{1,100}$/.test(prefix)) {
    throw new TypeError('redisStore: prefix must have 1 to 100 characters of A-Z, a-z, 0-9, _, -, . and :');
  }
  const source = options.client ?? options.url;
  if (source === undefined || (options.client !== undefined && options.url !== undefined)) {
    throw new TypeError('redisStore: give either client or url');
  }
  if (options.client !== undefined && typeof options.client.withCommandOptions !== 'function') {
    throw new TypeError('redisStore: client must be a client of @redis/client 5');
  }
  return new RedisStore({
    source,
    prefix,
    chunkSize: inRange('chunkSize', options.chunkSize ?? MIB, 1, MIB),
    maxBytes: inRange('maxBytes', options.maxBytes ?? 1024 * MIB, 0),
    stagingTtl: inRange('stagingTtl', options.stagingTtl ?? 600_000, 1000),
    deadline: inRange('deadline', options.deadline ?? 10_000, 1, LONGEST_TIMER),
    logger: options.logger ?? processWarnings,
  });
}

function inRange(name: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new TypeError(`redisStore: ${name} must be an integer of ${min} to ${max}`);
}

type Settings = Required<Omit<RedisStoreOptions, 'client' | 'url'>> & {
  /** The caller's client, or the url for one of our own. */
  readonly source: RedisClientLike | string;
};

/** A connection with the book on it; `hasty` is for cleaning up after Redis has failed already. */
interface Opened {
  readonly redis: RedisConnection;
  readonly book: RedisBook;
  readonly hasty: RedisBook;
  readonly link: RedisLink;
}

class RedisStore implements BlobStore {
  readonly type = 'redis';
  readonly #settings: Settings;
  /** Outlives the connection: what was this store's medium before must be it again. */
  readonly #marked: { mark: string | null } = { mark: null };
  #opened: Opened | null = null;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async open(): Promise<void> {
    const { source, deadline, logger } = this.#settings;
    const owned = typeof source === 'string';
    const client = owned ? await connectRedis(source, deadline, logger) : source;
    const link = new RedisLink(client, { owned, logger });
    try {
      this.#opened = await this.#begin(link);
    } catch (error) {
      link.close();
      throw error;
    }
  }

  async #begin(link: RedisLink): Promise<Opened> {
    const { deadline, logger } = this.#settings;
    const redis = new RedisConnection(link, redisCalls(deadline));
    const settings = { ...this.#settings, marked: this.#marked };
    const book = new RedisBook(redis, settings);
    await checkEviction(redis, logger, 'store_denied');
    await book.sweep();
    const hasty = new RedisBook(new RedisConnection(link, redisCalls(Math.min(deadline, 1000))), settings);
    return { redis, book, hasty, link };
  }

  close(): Promise<void> {
    this.#opened?.link.close();
    this.#opened = null;
    return Promise.resolve();
  }

  async mark(wanted: string | null): Promise<string | null> {
    if (wanted !== null) checkMark(wanted);
    return this.#ready().book.mark(wanted);
  }

  write(key: string, data: Readable, { size = 0, signal }: WriteOptions = {}): Promise<WrittenBlob> {
    return consume(data, signal, async () => {
      checkBlobKey(key);
      const opened = this.#ready();
      const { redis, book } = opened;
      await book.sweep();
      await book.begin(key, size);
      let sent = 0;
      const onChunks = (count: number): void => void (sent = count);
      try {
        const entry = await writeChunks(redis, book, key, data, { ...this.#settings, held: size, onChunks });
        signal?.throwIfAborted();
        await book.commit(key, entry);
        signal?.throwIfAborted();
        return { location: key, size: entry.size };
      } catch (error) {
        await this.#giveUp(opened, key, sent, error);
        throw error;
      }
    });
  }

  async read(location: string, options: ReadOptions = {}): Promise<Readable> {
    options.signal?.throwIfAborted();
    const { redis, book } = this.#ready();
    const entry = await this.#find(location);
    const span = blobSpan(entry.size, options);
    const chunks = readChunks(redis, entry, span, book, location);
    return endOnAbort(Readable.from(chunks, { objectMode: false }), options.signal);
  }

  async stat(location: string): Promise<{ size: number }> {
    const { size } = await this.#find(location);
    return { size };
  }

  async remove(location: string): Promise<void> {
    if (!isBlobKey(location)) throw missing();
    await this.#ready().book.clear(location);
  }

  async discard(key: string): Promise<void> {
    checkBlobKey(key);
    await this.#ready().book.clear(key);
  }

  async *list(): AsyncGenerator<ListedBlob> {
    for await (const { key, size } of this.#ready().book.entries()) yield { key, location: key, size };
  }

  async #find(location: string): Promise<BookEntry> {
    const entry = isBlobKey(location) ? await this.#ready().book.find(location) : null;
    if (entry === null) throw missing();
    return entry;
  }

  async #giveUp({ book, hasty }: Opened, key: string, sent: number, reason: unknown): Promise<void> {
    try {
      await (isRegistryError(reason, 'unavailable') ? hasty : book).clear(key, sent);
    } catch (error) {
      const text = 'redis store: parts of a failed write are left, they will expire';
      this.#settings.logger.warn({ err: error }, text);
    }
  }

  #ready(): Opened {
    if (this.#opened === null) throw new RegistryError('unavailable', 'redis store: it is not open');
    return this.#opened;
  }
}

function missing(): RegistryError {
  return new RegistryError('blob_not_found', 'redis store: no such blob');
}
