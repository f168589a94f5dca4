import assert from 'node:assert/strict';
import { createClient, type RedisClientType } from '@keyv/redis';
import type { BlobStore } from '../../lib/blobs/blob-store.js';
import type { RedisClientLike } from '../../lib/redis/redis-client.js';
import { redisStore, type RedisStoreOptions } from '../../lib/blobs/redis/redis-store.js';
import { isRegistryError, type ErrorCode } from '../../lib/errors.js';
import { inPieces, MIB, readAll, sampleBytes, stalling } from '../../lib/testing/blob-store/sample-data.js';
import { RecordingLog } from '../support/recording-log.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';
import { until } from '../support/until.js';

const has =
  (code: ErrorCode) =>
  (error: unknown): boolean =>
    isRegistryError(error, code);

const BOOK = '{image-blobs}';

describe('redis store: writers that die or are slow', () => {
  let redis: TestRedis;
  let client: RedisClientType;
  const bytes = sampleBytes(3 * MIB + 1);

  const open = async (options: Partial<RedisStoreOptions> = {}): Promise<BlobStore> => {
    const store = redisStore({ client, deadline: 1000, logger: new RecordingLog(), ...options });
    await store.open?.();
    return store;
  };

  beforeEach(async () => {
    redis = await startRedis();
    client = createClient({ url: redis.url });
    client.on('error', () => undefined);
    await client.connect();
  });

  afterEach(async () => {
    client.destroy();
    await redis.stop();
  });

  /** A client that dies for good when it is to send a command for which `last` holds, as a killed process would. */
  const dying = (last: (command: string, args: unknown[]) => boolean): RedisClientLike => {
    let dead = false;
    const mortal = (commands: object): object =>
      new Proxy(commands, {
        get:
          (target, name: string) =>
          (...args: unknown[]) => {
            dead ||= last(name, args);
            if (dead) return Promise.reject(new Error('dead'));
            return (target as Record<string, (...rest: unknown[]) => unknown>)[name]?.(...args);
          },
      });
    return { withCommandOptions: (options) => mortal(client.withCommandOptions(options)) };
  };
  const isCommit = (command: string, args: unknown[]): boolean =>
    command === 'eval' && String(args[0]).includes('HDEL') && !String(args[0]).includes('allow-oom');

  it('what a dead writer leaves expires, book and all', async () => {
    const dead = await open({ client: dying((command) => command === 'persist'), stagingTtl: 1000 });
    await assert.rejects(dead.write('k', inPieces(bytes, 10_000)), has('unavailable'));
    assert.equal((await client.keys('image-blobs:chunk:*')).length, 4);
    await until('the chunks expire', async () => (await client.keys('image-blobs:chunk:*')).length === 0);
    const store = await open();
    // The book holds on to them a little longer than they live.
    await until('the next one to open clears the book', async () => {
      await open();
      return (await client.keys('*')).length === 1;
    });
    assert.deepEqual(await client.keys('*'), [`${BOOK}:used`]);
    assert.equal(await client.get(`${BOOK}:used`), '0');
    await assert.rejects(store.stat('k'), has('blob_not_found'));
  });

  it('a writer that dies when its chunks last already is cleared away after a while', async () => {
    const dead = await open({ client: dying(isCommit), stagingTtl: 1000 });
    await assert.rejects(dead.write('k', inPieces(bytes, 10_000)), has('unavailable'));
    assert.equal(await client.ttl('image-blobs:chunk:k:0'), -1);
    const store = await open();
    await until('the next writes clear up', async () => {
      await store.remove((await store.write(crypto.randomUUID(), inPieces(bytes, MIB))).location);
      return (await client.keys('image-blobs:chunk:*')).length === 0;
    });
    assert.deepEqual(await client.keys('*'), [`${BOOK}:used`]);
    assert.equal(await client.get(`${BOOK}:used`), '0');
  });

  it('a writer that dies when its chunks last already is cleared away by discard', async () => {
    const dead = await open({ client: dying(isCommit) });
    await assert.rejects(dead.write('k', inPieces(bytes, 10_000)), has('unavailable'));
    const store = await open();
    assert.equal((await client.keys('image-blobs:chunk:*')).length, 4);
    await store.discard('k');
    assert.deepEqual(await client.keys('*'), [`${BOOK}:used`]);
  });

  it('a removal that dies half way is finished by the next one to open', async () => {
    const whole = await open();
    const { location } = await whole.write('k', inPieces(bytes, 10_000));
    const dead = await open({ client: dying((command) => command === 'unlink') });
    await assert.rejects(dead.remove(location), has('unavailable'));
    await assert.rejects(whole.stat(location), has('blob_not_found'));
    await open();
    assert.deepEqual(await client.keys('*'), [`${BOOK}:used`]);
  });

  it('an upload may take longer than left-overs live', async () => {
    const store = await open({ stagingTtl: 1000 });
    const { data, go, taken } = stalling(bytes);
    const writing = store.write('k', data);
    writing.catch(() => undefined);
    await until(
      'the first chunks are there',
      async () => taken() && (await client.exists('image-blobs:chunk:k:2')) === 1,
    );
    const alive = async (): Promise<number> =>
      (await client.zScore(`${BOOK}:expiry`, 'k')) ?? assert.fail('cleared away');
    const first = await alive();
    await until('several lives have passed', async () => (await alive()) > first + 3000);
    go(bytes);
    const { location } = await writing;
    assert.ok((await readAll(await store.read(location))).equals(Buffer.concat([bytes, bytes])));
    for (const chunk of await client.keys('image-blobs:chunk:*')) assert.equal(await client.ttl(chunk), -1);
  });

  it('a writer whose parts were cleared away fails, and leaves nothing', async () => {
    const store = await open();
    const { data, go, taken } = stalling(bytes);
    const writing = store.write('k', data);
    writing.catch(() => undefined);
    await until('the first half is taken', taken);
    await store.discard('k');
    go(bytes);
    await assert.rejects(writing, has('unavailable'));
    await assert.rejects(store.stat('k'), has('blob_not_found'));
    await until('chunks that came late are gone or expire', async () => {
      const keys = await client.keys('image-blobs:chunk:*');
      const ttls = await Promise.all(keys.map((key) => client.ttl(key)));
      return ttls.every((ttl) => ttl !== -1);
    });
    assert.equal(await client.get(`${BOOK}:used`), '0');
  });
});
