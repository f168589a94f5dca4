import { withDeadline } from '../../deadline.js';
import { RegistryError, type ErrorCode } from '../../errors.js';

/** RESP's own letter for strings of bytes, `$`: how the client is told to give them as Buffers. */
const BLOB_STRING = 36;

/** What the store needs of a client of @redis/client 5: a single one, a cluster or a sentinel. */
export interface RedisClientLike {
  withCommandOptions(options: {
    typeMapping: Record<typeof BLOB_STRING, StringConstructor | BufferConstructor>;
    abortSignal: AbortSignal;
  }): unknown;
}

/**
 * The commands in use, each of one key or of keys in one slot. Single, cluster and sentinel clients have them alike,
 * under types that have nothing in common.
 */
export interface RedisCommands<Text> {
  get(key: string): Promise<Text | null>;
  getRange(key: string, start: number, end: number): Promise<Text>;
  set(key: string, value: Buffer, options: { expiration: { type: 'PX'; value: number } }): Promise<unknown>;
  pExpire(key: string, ms: number): Promise<number>;
  persist(key: string): Promise<number>;
  unlink(key: string): Promise<number>;
  hGet(key: string, field: string): Promise<Text | null>;
  hScan(key: string, cursor: string): Promise<{ cursor: Text; entries: { field: Text; value: Text }[] }>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  configGet(name: string): Promise<Record<string, string>>;
}

const CODES: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^OOM\b/, 'store_full'],
  [/^(NOAUTH|WRONGPASS|NOPERM|READONLY)\b/, 'store_denied'],
];

/** What a failure of Redis or of the way to it means to the store's caller. */
export function redisError(what: string, error: unknown): RegistryError {
  const message = error instanceof Error ? error.message : '';
  const [, code] = CODES.find(([pattern]) => pattern.test(message)) ?? [];
  return new RegistryError(code ?? 'unavailable', `redis store: cannot ${what}`, { cause: error });
}

/** Sends commands that end within a deadline, whatever the client's queue and the server do. */
export class RedisConnection {
  readonly #client: RedisClientLike;
  readonly #deadline: number;

  /** @param deadline of each command, ms */
  constructor(client: RedisClientLike, deadline: number) {
    this.#client = client;
    this.#deadline = deadline;
  }

  /**
   * Runs commands whose replies are text.
   * @throws RegistryError `store_full`, `store_denied` or `unavailable`
   */
  text<T>(what: string, use: (commands: RedisCommands<string>) => Promise<T>): Promise<T> {
    return this.#run(what, String, (commands) => use(commands as RedisCommands<string>));
  }

  /**
   * Runs commands whose replies are bytes.
   * @throws RegistryError `store_denied` or `unavailable`
   */
  bytes<T>(what: string, use: (commands: RedisCommands<Buffer>) => Promise<T>): Promise<T> {
    return this.#run(what, Buffer, (commands) => use(commands as RedisCommands<Buffer>));
  }

  async #run<T>(
    what: string,
    type: StringConstructor | BufferConstructor,
    use: (commands: unknown) => Promise<T>,
  ): Promise<T> {
    const typeMapping = { [BLOB_STRING]: type };
    // The signal takes a command out of the client's queue; one that has been sent can only be waited for.
    const work = (abortSignal: AbortSignal): Promise<T> =>
      use(this.#client.withCommandOptions({ typeMapping, abortSignal }));
    try {
      return await withDeadline(work, this.#deadline, what);
    } catch (error) {
      throw redisError(what, error);
    }
  }
}
