import assert from 'node:assert/strict';
import { createClient, type RedisClientType } from '@keyv/redis';
import type { BlobStore } from '../../lib/blobs/blob-store.js';
import { redisStore, type RedisStoreOptions } from '../../lib/blobs/redis/redis-store.js';
import { blobStoreSuite, type BlobStoreSubject } from '../../lib/testing/blob-store-suite.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';
import { RecordingLog } from '../support/recording-log.js';
import { guarded } from './guarded-subject.js';

const MIB = 1024 * 1024;
const framework = { describe, it, before, after };

describe('redis store', () => {
  let redis: TestRedis;
  let client: RedisClientType;
  const prefixes = new Map<BlobStore, string>();

  before(async () => {
    redis = await startRedis();
    client = createClient({ url: redis.url });
    client.on('error', () => undefined);
    await client.connect();
  });

  after(async () => {
    client.destroy();
    await redis.stop();
  });

  const make = async (options: Partial<RedisStoreOptions>): Promise<BlobStore> => {
    const { prefix = `t-${crypto.randomUUID()}` } = options;
    const store = redisStore({ deadline: 1000, logger: new RecordingLog(), ...options, prefix });
    await store.open?.();
    prefixes.set(store, prefix);
    return store;
  };

  const prefixOf = (store: BlobStore): string => {
    const prefix = prefixes.get(store);
    assert.ok(prefix !== undefined);
    return prefix;
  };

  const keysOf = async (store: BlobStore): Promise<string[]> => {
    const keys: string[] = [];
    for await (const page of client.scanIterator({ MATCH: `*${prefixOf(store)}*`, COUNT: 1000 }))
      keys.push(...page);
    return keys;
  };

  /** What is in Redis beside the book of whole blobs and their chunks, none of which may expire. */
  const leftovers = async (store: BlobStore): Promise<string[]> => {
    const book = `{${prefixOf(store)}}`;
    const chunk = `${prefixOf(store)}:chunk:`;
    const whole = new Map<string, number>();
    for await (const { location, size } of store.list?.() ?? []) whole.set(location, size);
    const left: string[] = [];
    for (const key of await keysOf(store)) {
      if ([`${book}:whole`, `${book}:used`, `${book}:mark`].includes(key)) continue;
      const owner = key.startsWith(chunk) ? key.slice(chunk.length).split(':')[0] : undefined;
      const lasting = owner !== undefined && whole.has(owner) && (await client.ttl(key)) === -1;
      if (!lasting) left.push(key);
    }
    const used = Number((await client.get(`${book}:used`)) ?? 0);
    const sum = [...whole.values()].reduce((total, size) => total + size, 0);
    if (used !== sum) left.push(`${used} bytes are taken, blobs have ${sum}`);
    return left;
  };

  const base: Pick<BlobStoreSubject, 'leftovers' | 'destroy'> = {
    leftovers,
    destroy: async (store) => {
      const keys = await keysOf(store);
      if (keys.length > 0) await client.unlink(keys);
      await store.close?.();
    },
  };

  blobStoreSuite(framework, 'on a client of the caller, with a server that hangs', {
    ...base,
    create: () => make({ client }),
    reopen: (store) => make({ client, prefix: prefixOf(store) }),
    full: () => make({ client, maxBytes: 2 * MIB }),
    outage: () => {
      redis.pause();
      return Promise.resolve(() => {
        redis.resume();
        return Promise.resolve();
      });
    },
  });

  const ownConnection: BlobStoreSubject = {
    ...base,
    create: () => make({ url: redis.url }),
    reopen: (store) => make({ url: redis.url, prefix: prefixOf(store) }),
    full: () => make({ url: redis.url, maxBytes: 2 * MIB, chunkSize: 100_000 }),
    outage: async () => {
      await redis.kill();
      return () => redis.start();
    },
  };
  blobStoreSuite(
    framework,
    'on a connection of its own behind a guard, with a server that dies',
    guarded(ownConnection),
  );
});
