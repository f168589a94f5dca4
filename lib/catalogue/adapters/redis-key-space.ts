import { RegistryError } from '../../errors.js';
import { processWarnings, type Logger } from '../../logger.js';
import { checkEviction } from '../../redis/check-eviction.js';
import { isSingleServer } from '../../redis/redis-client.js';
import { RedisConnection } from '../../redis/redis-connection.js';
import { RedisLink } from '../../redis/redis-link.js';
import { requireFence } from '../fence.js';
import type { Change, Fence, KeySpace, RecordValue, RowKey, RowRange, StoredRecord } from '../key-space.js';
import { type InjectedKeyv, namespaceOf, redisClientOf } from './injected-keyv.js';
import { GatheredReads } from './gathered-reads.js';
import { RecordCache } from './record-cache.js';
import { redisCommit } from './redis-commit.js';
import { redisScan } from './redis-scan.js';

export interface RedisKeySpaceOptions {
  /** Milliseconds that a command may take, waiting for the connection included. Default 5 000. */
  readonly deadline?: number;
  /** Told at opening of server settings that are risky. Default: `process.emitWarning`. */
  readonly logger?: Logger;
}

/**
 * The ordered key space of a Keyv on @keyv/redis, by the client of that Keyv; any number of processes on any number of
 * hosts may share it. Records and the fence are strings, rows the members of one sorted set, a commit is one Lua script and so is
 * a scan. What is read in one turn of the event loop travels as one command. All keys of a registry have one hash tag, the namespace of the Keyv: `{image-registry}:record:...`,
 * `{image-registry}:rows` and `{image-registry}:fence`.
 * The client is connected when it is not, and never closed. Once it has left a command unanswered, another one of its settings is used.
 * @throws TypeError when the Keyv has no KeyvRedis with a client of one server (or of one server behind a proxy)
 */
export function redisKeySpace(keyv: InjectedKeyv, options: RedisKeySpaceOptions = {}): KeySpace {
  const client = redisClientOf(keyv);
  if (client === undefined) throw new TypeError('metadata: this Keyv is not one on @keyv/redis');
  if (!isSingleServer(client)) {
    throw new TypeError(
      'metadata: clients of Redis Cluster and Redis Sentinel are not supported, give a client of one server',
    );
  }
  const { deadline = 5_000, logger = processWarnings } = options;
  const link = new RedisLink(client, { connects: true, logger });
  return new RedisKeySpace(link, { deadline, namespace: namespaceOf(keyv), logger });
}

interface Reads {
  readonly records: GatheredReads<string, string | null>;
  readonly rows: GatheredReads<RowRange, RowKey[]>;
}

interface Settings {
  /** ms */
  readonly deadline: number;
  readonly namespace: string;
  readonly logger: Logger;
}

/** Records and rows that are read at once for several callers: the server does nothing else meanwhile. */
const MOST_RECORDS = 500;
const MOST_ROWS = 5000;

class RedisKeySpace implements KeySpace {
  readonly #link: RedisLink;
  readonly #redis: RedisConnection;
  readonly #prefix: string;
  readonly #logger: Logger;
  readonly #cache = new RecordCache(decode);
  /** By the version that the fence must have. */
  readonly #reads = new Map<string | undefined, Reads>();

  constructor(link: RedisLink, { deadline, namespace, logger }: Settings) {
    this.#link = link;
    this.#redis = new RedisConnection(link, { deadline });
    this.#prefix = `{${hashTag(namespace)}}`;
    this.#logger = logger;
  }

  async open(): Promise<void> {
    await checkEviction(this.#redis, this.#logger, 'unavailable');
  }

  async get(keys: readonly string[], fence?: Fence): Promise<(StoredRecord | undefined)[]> {
    if (keys.length === 0) return [];
    const texts = await this.#readsOf(fence).records.read(keys);
    const decodeOne = this.#cache.decoderFor(keys.length);
    return keys.map((key, at) => {
      const text = texts[at] ?? null;
      return text === null ? undefined : decodeOne(key, text);
    });
  }

  async scanMany(ranges: readonly RowRange[], fence?: Fence): Promise<RowKey[][]> {
    return this.#readsOf(fence).rows.read(ranges);
  }

  async commit(change: Change): Promise<boolean> {
    const record = this.#recordKey(change.key);
    return redisCommit(this.#redis, { record, rows: this.#rowsKey, fence: this.#fenceKey }, change);
  }

  close(): Promise<void> {
    this.#link.close();
    return Promise.resolve();
  }

  #readsOf(fence: Fence | undefined): Reads {
    const known = this.#reads.get(fence?.version);
    if (known !== undefined) return known;
    const keys = { rows: this.#rowsKey, fence: this.#fenceKey };
    const made: Reads = {
      records: new GatheredReads({
        ask: (wanted) => this.#texts(wanted, fence),
        weightOf: () => 1,
        most: MOST_RECORDS,
      }),
      rows: new GatheredReads({
        ask: (ranges) => redisScan(this.#redis, keys, ranges, fence),
        weightOf: ({ limit }) => limit,
        most: MOST_ROWS,
      }),
    };
    this.#reads.set(fence?.version, made);
    return made;
  }

  async #texts(keys: readonly string[], fence: Fence | undefined): Promise<(string | null)[]> {
    const wanted = [this.#fenceKey, ...keys.map((key) => this.#recordKey(key))];
    const [found, ...texts] = strings(await this.#redis.send(['MGET', ...wanted]));
    requireFence(found ?? '', fence, 'read');
    return texts;
  }

  get #rowsKey(): string {
    return `${this.#prefix}:rows`;
  }

  get #fenceKey(): string {
    return `${this.#prefix}:fence`;
  }

  #recordKey(key: string): string {
    return `${this.#prefix}:record:${key}`;
  }
}

/** The namespace with all but plain characters escaped by %: a brace would end the tag. */
function hashTag(namespace: string): string {
  return Buffer.from(namespace, 'utf8')
    .toString('latin1')
    .replace(/[^\w.-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function decode(text: string): StoredRecord {
  const space = text.indexOf(' ');
  return { revision: Number(text.slice(0, space)), value: JSON.parse(text.slice(space + 1)) as RecordValue };
}

function strings(reply: unknown): (string | null)[] {
  if (Array.isArray(reply)) return reply as (string | null)[];
  throw new RegistryError('unavailable', 'Redis answered with something other than a list');
}
