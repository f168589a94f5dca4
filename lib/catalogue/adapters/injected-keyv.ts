import { isRedisClient, type RedisClient } from '../../redis/redis-client.js';

/**
 * A Keyv as the host application injects it: version 5 or 6, told apart by their properties because an application may
 * have another copy of the package than this library.
 */
export interface InjectedKeyv {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  clear(): Promise<void>;
  /** The storage adapter, or the Map. Keyv 6 may have wrapped it. */
  readonly store?: unknown;
  readonly namespace?: string | undefined;
  /** Milliseconds after which entries vanish. */
  readonly ttl?: number | undefined;
  /** Keyv 5 only: without it, reads that failed look like "not there". */
  readonly throwOnErrors?: boolean;
  /** Keyv 6 throws only while nobody listens to `error`. */
  listeners?(event: string): readonly unknown[];
}

/** Namespace of a registry whose Keyv has none. */
const DEFAULT_NAMESPACE = 'image-registry';

const METHODS = ['get', 'set', 'delete', 'clear'] as const;

/** Whether `value` is a Keyv of version 5 or 6: it has the methods, and a store of its own. */
export function isKeyv(value: unknown): value is InjectedKeyv {
  return (
    isObject(value) && METHODS.every((name) => typeof value[name] === 'function') && isObject(value.store)
  );
}

/** The adapter that the application gave to its Keyv: Keyv 6 wraps Maps and adapters written for version 5. */
export function innerStore(keyv: InjectedKeyv): Record<string, unknown> | undefined {
  if (!isObject(keyv.store)) return undefined;
  const wrapped = keyv.store.store;
  return keyv.throwOnErrors === undefined && isObject(wrapped) ? wrapped : keyv.store;
}

/**
 * The client of a Keyv whose storage adapter is KeyvRedis of @keyv/redis 5, known by its client of @redis/client 5;
 * undefined for any other Keyv.
 */
export function redisClientOf(keyv: InjectedKeyv): RedisClient | undefined {
  const client = innerStore(keyv)?.client;
  return isRedisClient(client) ? client : undefined;
}

/** The namespace of a Keyv, or the default. */
export function namespaceOf(keyv: { readonly namespace?: string | undefined }): string {
  return keyv.namespace === undefined || keyv.namespace === '' ? DEFAULT_NAMESPACE : keyv.namespace;
}

/** Whether the properties of `value` can be asked for. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
