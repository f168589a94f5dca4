import type { CallTimer } from '../../guarded-call.js';
import type { Logger } from '../../logger.js';
import type { KeySpace } from '../key-space.js';
import { guardedKeySpace } from '../guarded-key-space.js';
import {
  type InjectedKeyv,
  innerStore,
  isKeyv,
  isObject,
  namespaceOf,
  redisClientOf,
} from './injected-keyv.js';
import { KeyvLmdb } from './keyv-lmdb.js';
import { keyvKeySpace } from './keyv-key-space.js';
import { lmdbKeySpace } from './lmdb-key-space.js';
import { redisKeySpace } from './redis-key-space.js';

export interface KeySpaceForOptions {
  /** Milliseconds that a call may take. Default 5 000, for LMDB 30 000. */
  readonly deadline?: number;
  /** Told at opening what the person who runs this should know. Default: `process.emitWarning`. */
  readonly logger?: Logger;
  /** Told how long each call took. */
  readonly timer?: CallTimer;
  /** Whether closing the key space disconnects the KeyvLmdb that it is on. Default false. */
  readonly disconnects?: boolean;
}

const METHODS = ['open', 'get', 'scanMany', 'commit', 'close'] as const satisfies (keyof KeySpace)[];

/**
 * The key space, behind its guard, for what the host application gave as `metadata`: an ordered key space of its own as it is, a Keyv on
 * KeyvLmdb or on @keyv/redis by the ordered operations of its store, any other Keyv with the rows in memory.
 * @throws TypeError when it is something else
 */
export function keySpaceFor(metadata: KeySpace | InjectedKeyv, options: KeySpaceForOptions = {}): KeySpace {
  const { timer, ...forAdapter } = options;
  if (isKeySpace(metadata)) return guardedKeySpace(metadata, { timer, deadline: options.deadline ?? 5_000 });
  if (isKeyv(metadata)) return guardedKeySpace(adapterFor(metadata, forAdapter), { timer });
  throw new TypeError(
    'metadata: expected a Keyv, or an ordered key space with open, get, scanMany, commit and close',
  );
}

/** The adapters limit the calls of what they stand on: opening may take many of them, or waiting in a client's queue. */
function adapterFor(keyv: InjectedKeyv, options: KeySpaceForOptions): KeySpace {
  const store = innerStore(keyv);
  if (store instanceof KeyvLmdb) return lmdbKeySpace(store, { ...options, namespace: namespaceOf(keyv) });
  if (redisClientOf(keyv) !== undefined) return redisKeySpace(keyv, options);
  return keyvKeySpace(keyv, options);
}

function isKeySpace(value: unknown): value is KeySpace {
  return isObject(value) && METHODS.every((name) => typeof value[name] === 'function');
}
