import { RegistryError } from '../../errors.js';
import type { RedisCommands } from '../../redis/redis-client.js';
import type { RedisConnection } from '../../redis/redis-connection.js';
import { COMMIT, DOOM, DROP, EXPIRED, HOLD, MARK, UNMARKED } from './redis-scripts.js';

/** Chunks that are changed at once. */
const BATCH = 64;

/** A whole blob as the book knows it. */
export interface BookEntry {
  /** Bytes. */
  readonly size: number;
  /** Bytes of each chunk but the last. */
  readonly chunkSize: number;
}

export interface RedisBookOptions {
  readonly prefix: string;
  readonly maxBytes: number;
  /** ms that parts live without a sign of their writer. */
  readonly stagingTtl: number;
  /** The mark that the store must have, shared by all books of one store; null while it is not known. */
  readonly marked: { mark: string | null };
}

/** Which blobs a Redis store has, whole and in parts, and how much room they take; see the scripts. */
export class RedisBook {
  readonly #redis: RedisConnection;
  readonly #options: RedisBookOptions;
  readonly #keys: string[];

  constructor(redis: RedisConnection, options: RedisBookOptions) {
    this.#redis = redis;
    this.#options = options;
    // One hash tag for the book alone: scripts need its keys in one slot, the chunks are to spread.
    this.#keys = ['whole', 'parts', 'expiry', 'used', 'mark'].map((name) => `{${options.prefix}}:${name}`);
  }

  /** Where Redis keeps a chunk. */
  chunkKey(key: string, index: number): string {
    return `${this.#options.prefix}:chunk:${key}:${index}`;
  }

  /** The mark of the store, null when there is none; puts `wanted` if there is none. From then on all calls demand it. */
  async mark(wanted: string | null): Promise<string | null> {
    const reply = await this.#send('read the mark', MARK, ['', wanted ?? '', '']);
    if (typeof reply !== 'string') return null;
    this.#options.marked.mark = reply;
    return reply;
  }

  /**
   * Makes sure that Redis still has the data of this store: what is missing is missing, and Redis did not come back empty.
   * @throws RegistryError `unavailable`
   */
  async checkMark(): Promise<void> {
    const { mark } = this.#options.marked;
    if (mark === null) return;
    const stands = await this.#redis.text('read the mark', (commands) => commands.get(this.#key(4)));
    if (stands !== mark) throw this.#unmarked();
  }

  /**
   * Begins a write of `bytes`, as far as is known.
   * @throws RegistryError `store_full`; `unavailable` when there is a blob of this key
   */
  async begin(key: string, bytes: number): Promise<void> {
    await this.#hold(key, bytes, 0, true);
  }

  /**
   * Goes on with a write: takes room for `bytes` more and says how many chunks there are or will be.
   * @throws RegistryError `store_full`; `unavailable` when the write was silent for too long and has been cleared away
   */
  async hold(key: string, bytes: number, chunks: number): Promise<void> {
    await this.#hold(key, bytes, chunks, false);
  }

  /** Makes a blob readable. */
  async commit(key: string, { size, chunkSize }: BookEntry): Promise<void> {
    const reply = await this.#run('commit a blob', COMMIT, key, size, chunkSize);
    if (reply !== 'ok') throw lost();
  }

  /** Looks a blob up; null when there is no whole one. */
  async find(key: string): Promise<BookEntry | null> {
    const value = await this.#redis.text('find a blob', (commands) => commands.hGet(this.#key(0), key));
    if (value !== null) return parse(value);
    await this.checkMark();
    return null;
  }

  /**
   * Removes a blob, whole or in parts, first from sight, then its chunks, then from the book.
   * @param sent chunks that its writer may have sent: one may have come after somebody else has cleared them away
   */
  async clear(key: string, sent = 0): Promise<void> {
    const known = Number(await this.#run('give a blob up', DOOM, key));
    const chunks = Math.max(known, sent);
    await this.eachChunk('remove chunks', key, chunks, (commands, chunk) => commands.unlink(chunk));
    if (known >= 0) await this.#run('forget a blob', DROP, key);
  }

  /** Clears away what dead writers and interrupted removals have left. */
  async sweep(): Promise<void> {
    const keys = (await this.#run('find left-overs', EXPIRED, '')) as string[];
    for (const key of keys) await this.clear(key);
  }

  /** Runs one command on each of the first `count` chunks of a blob, in order. */
  async eachChunk<T>(
    what: string,
    key: string,
    count: number,
    use: (commands: RedisCommands<string>, chunk: string) => Promise<T>,
  ): Promise<T[]> {
    const replies: T[] = [];
    for (let from = 0; from < count; from += BATCH) {
      const indexes = Array.from({ length: Math.min(BATCH, count - from) }, (_none, index) => from + index);
      const batch = await Promise.all(
        indexes.map((index) =>
          this.#redis.text(what, (commands) => use(commands, this.chunkKey(key, index))),
        ),
      );
      replies.push(...batch);
    }
    return replies;
  }

  /** All whole blobs, each at least once. */
  async *entries(): AsyncGenerator<{ key: string } & BookEntry> {
    await this.checkMark();
    let cursor = '0';
    do {
      const page = await this.#redis.text('list blobs', (commands) => commands.hScan(this.#key(0), cursor));
      for (const { field, value } of page.entries) yield { key: field, ...parse(value) };
      ({ cursor } = page);
    } while (cursor !== '0');
  }

  async #hold(key: string, bytes: number, chunks: number, first: boolean): Promise<void> {
    const { stagingTtl, maxBytes } = this.#options;
    const reply = await this.#run('make room', HOLD, key, bytes, chunks, stagingTtl, maxBytes, first ? 1 : 0);
    if (reply === 'full')
      throw new RegistryError('store_full', `redis store: its ${maxBytes} bytes are taken`);
    if (reply === 'taken') throw new RegistryError('key_taken', `redis store: the key ${key} is taken`);
    if (reply !== 'ok') throw lost();
  }

  async #run(what: string, script: string, ...args: (string | number)[]): Promise<unknown> {
    const reply = await this.#send(what, script, [...args.map(String), this.#options.marked.mark ?? '']);
    if (reply === UNMARKED) throw this.#unmarked();
    return reply;
  }

  async #send(what: string, script: string, args: string[]): Promise<unknown> {
    const options = { keys: this.#keys, arguments: args };
    return this.#redis.text(what, (commands) => commands.eval(script, options));
  }

  #unmarked(): RegistryError {
    return new RegistryError(
      'unavailable',
      `redis store: its data is not there or another store's is, the key ${this.#key(4)} with "${this.#options.marked.mark}" is missing`,
    );
  }

  #key(index: number): string {
    return this.#keys[index] ?? '';
  }
}

function lost(): RegistryError {
  return new RegistryError(
    'unavailable',
    'redis store: this write has been silent for too long and was cleared away',
  );
}

function parse(value: string): BookEntry {
  const [size = 0, chunkSize = 0] = value.split(' ').map(Number);
  return { size, chunkSize };
}
