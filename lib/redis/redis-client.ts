import type { ClientEvents } from './watch-outages.js';

/** RESP's own letter for strings of bytes, `$`: how a client is told to give them as text or as Buffers. */
export const BLOB_STRING = 36;

/** What is needed of a client of @redis/client 5: a single one, a cluster or a sentinel. */
export interface RedisClientLike {
  withCommandOptions(options: {
    typeMapping: Record<36, StringConstructor | BufferConstructor>;
    abortSignal: AbortSignal;
  }): unknown;
}

/** A client that another one of the same settings can take the place of: every one of @redis/client 5. */
export interface ReplaceableClient extends RedisClientLike, ClientEvents {
  readonly isOpen: boolean;
  /** Whether it is connected; clients of clusters and sentinels do not tell. */
  readonly isReady?: boolean;
  connect(): Promise<unknown>;
  destroy(): unknown;
  duplicate(): ReplaceableClient;
  unref?(): void;
}

/** A client of one server, or of one server behind a proxy. */
export interface RedisClient extends RedisClientLike {
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  sendCommand(
    args: string[],
    options?: { abortSignal?: AbortSignal; typeMapping?: object },
  ): Promise<unknown>;
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
  info(section: string): Promise<Text>;
}

/** Whether `value` is a client of @redis/client 5 that sends commands as they are. */
export function isRedisClient(value: unknown): value is RedisClient {
  if (typeof value !== 'object' || value === null) return false;
  const { isOpen } = value as Partial<RedisClient>;
  const methods = ['connect', 'sendCommand', 'withCommandOptions'] as const;
  return (
    typeof isOpen === 'boolean' &&
    methods.every((name) => typeof (value as Partial<RedisClient>)[name] === 'function')
  );
}

/** Whether `client` can be replaced by another one. */
export function isReplaceable(client: RedisClientLike): client is ReplaceableClient {
  const methods = ['connect', 'destroy', 'duplicate', 'on'] as const;
  return methods.every((name) => typeof (client as Partial<ReplaceableClient>)[name] === 'function');
}

/** Whether the client speaks to a cluster or by way of sentinels, where `sendCommand` has other parameters. */
export function isSingleServer(client: RedisClientLike): boolean {
  return !('slots' in client) && !('getSentinelNode' in client);
}
