import type { KeySpace } from '../key-space.js';
import { guardedKeySpace } from './guarded-key-space.js';
import { type InjectedKeyv, innerStore, isKeyv, isObject, namespaceOf } from './injected-keyv.js';
import { KeyvLmdb } from './keyv-lmdb.js';
import { keyvKeySpace } from './keyv-key-space.js';
import { lmdbKeySpace } from './lmdb-key-space.js';
import { redisClientOf } from './redis-client.js';
import { redisKeySpace } from './redis-key-space.js';

export interface KeySpaceForOptions {
  /** Milliseconds that a call may take. Default 5 000, for LMDB 30 000. */
  readonly deadline?: number;
  /** Told at opening when the Keyv is good for one process only. */
  readonly warn?: (message: string) => void;
}

const METHODS = ['open', 'get', 'scan', 'commit', 'close'] as const satisfies (keyof KeySpace)[];

/**
 * The key space for what the host application gave as `metadata`: an ordered key space of its own as it is, a Keyv on
 * KeyvLmdb or on @keyv/redis by the ordered operations of its store, any other Keyv with the rows in memory.
 * @throws TypeError when it is something else
 */
export function keySpaceFor(metadata: KeySpace | InjectedKeyv, options: KeySpaceForOptions = {}): KeySpace {
  if (isKeySpace(metadata)) return guardedKeySpace(metadata, options.deadline ?? 5_000);
  if (!isKeyv(metadata)) {
    throw new TypeError(
      'metadata: expected a Keyv, or an ordered key space with open, get, scan, commit and close',
    );
  }
  const store = innerStore(metadata);
  if (store instanceof KeyvLmdb) return lmdbKeySpace(store, { ...options, namespace: namespaceOf(metadata) });
  if (redisClientOf(metadata) !== undefined) return redisKeySpace(metadata, options);
  return keyvKeySpace(metadata, options);
}

function isKeySpace(value: unknown): value is KeySpace {
  return isObject(value) && METHODS.every((name) => typeof value[name] === 'function');
}
