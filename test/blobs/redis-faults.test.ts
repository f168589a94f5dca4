import assert from 'node:assert/strict';
import { createClient, type RedisClientType } from '@keyv/redis';
import type { BlobStore } from '../../lib/blobs/blob-store.js';
import type { RedisClientLike } from '../../lib/redis/redis-client.js';
import { redisStore, type RedisStoreOptions } from '../../lib/blobs/redis/redis-store.js';
import { isRegistryError, type ErrorCode } from '../../lib/errors.js';
import { inPieces, KIB, MIB, readAll, sampleBytes } from '../../lib/testing/blob-store/sample-data.js';
import { RecordingLog } from '../support/recording-log.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';
import { until } from '../support/until.js';

const has =
  (code: ErrorCode) =>
  (error: unknown): boolean =>
    isRegistryError(error, code);

const BOOK = '{image-blobs}';

describe('redis store: faults', () => {
  let redis: TestRedis;
  let client: RedisClientType;
  const bytes = sampleBytes(3 * MIB + 1);
  let logger: RecordingLog;

  const open = async (options: Partial<RedisStoreOptions> = {}): Promise<BlobStore> => {
    const store = redisStore({
      client,
      deadline: 1000,
      logger,
      ...options,
    });
    await store.open?.();
    return store;
  };

  beforeEach(async () => {
    logger = new RecordingLog();
    redis = await startRedis();
    client = createClient({ url: redis.url });
    client.on('error', () => undefined);
    await client.connect();
  });

  afterEach(async () => {
    client.destroy();
    await redis.stop();
  });

  it('refuses options that are wrong, by name', () => {
    const wrong: [RedisStoreOptions, RegExp][] = [
      [{}, /either client or url/],
      [{ client, url: redis.url }, /either client or url/],
      [{ client: {} as RedisClientLike }, /client must be a client of @redis\/client 5/],
      [{ client, chunkSize: MIB + 1 }, /chunkSize must be an integer of 1 to 1048576/],
      [{ client, chunkSize: 0 }, /chunkSize/],
      [{ client, maxBytes: -1 }, /maxBytes/],
      [{ client, stagingTtl: 10 }, /stagingTtl/],
      [{ client, deadline: 0 }, /deadline/],
      [{ client, prefix: 'a{b}' }, /prefix/],
    ];
    for (const [options, message] of wrong) {
      assert.throws(() => redisStore(options), { name: 'TypeError', message });
    }
  });

  it('is unavailable before it is open and after it is closed', async () => {
    const store = redisStore({ url: redis.url });
    await assert.rejects(store.stat('k'), has('unavailable'));
    await store.open?.();
    await assert.rejects(store.stat('k'), has('blob_not_found'));
    await store.close?.();
    await assert.rejects(store.stat('k'), has('unavailable'));
  });

  it('leaves the client of the caller open', async () => {
    const store = await open();
    await store.close?.();
    assert.equal(await client.ping(), 'PONG');
  });

  it('keeps values of at most a chunk, spread over all slots, and the book in one', async () => {
    const store = await open({ chunkSize: 100_000 });
    await store.write('k', inPieces(bytes, 10_000));
    const chunks = await client.keys('image-blobs:chunk:*');
    assert.equal(chunks.length, Math.ceil(bytes.length / 100_000));
    for (const chunk of chunks) assert.ok((await client.strLen(chunk)) <= 100_000);
    assert.ok(chunks.every((key) => !key.includes('{')));
    assert.deepEqual((await client.keys(`${BOOK}*`)).sort(), [`${BOOK}:used`, `${BOOK}:whole`]);
  });

  it('a Redis that is down at the start is unavailable in time, and leaves nothing running', async () => {
    await redis.kill();
    await assert.rejects(
      open({ client: undefined as never, url: redis.url, deadline: 300 }),
      has('unavailable'),
    );
  });

  it('a password that is missing or wrong is store_denied', async () => {
    await client.configSet('requirepass', 'secret');
    const anonymous = createClient({ url: redis.url });
    await anonymous.connect();
    await assert.rejects(open({ client: anonymous }), has('store_denied'));
    anonymous.destroy();
    const wrong = `redis://:wrong@127.0.0.1:${redis.port}`;
    const store = redisStore({ url: wrong, deadline: 300, logger });
    await assert.rejects(store.open?.() ?? Promise.resolve(), has('store_denied'));
  });

  it('a replica is store_denied for writes and can be read', async () => {
    const store = await open();
    const { location } = await store.write('k', inPieces(bytes, 10_000));
    await client.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
    await assert.rejects(store.write('other', inPieces(bytes, 10_000)), has('store_denied'));
    await assert.rejects(store.remove(location), has('store_denied'));
    assert.ok((await readAll(await store.read(location))).equals(bytes));
  });

  it('a Redis without memory is store_full, keeps nothing, and gives room back', async () => {
    const store = await open();
    const { location } = await store.write('k', inPieces(bytes, 10_000));
    await client.configSet('maxmemory', '24mb');
    await assert.rejects(store.write('big', inPieces(sampleBytes(64 * MIB), MIB)), has('store_full'));
    assert.deepEqual(await client.keys('image-blobs:chunk:big:*'), []);
    assert.equal(await client.get(`${BOOK}:used`), String(bytes.length));
    await client.configSet('maxmemory', '1mb');
    await store.remove(location);
    assert.deepEqual(await client.keys('image-blobs:chunk:*'), []);
    assert.equal(await client.get(`${BOOK}:used`), '0');
  });

  it('refuses a Redis that evicts blobs, and warns of one that may evict uploads', async () => {
    await client.configSet('maxmemory-policy', 'allkeys-lru');
    await open();
    await client.configSet('maxmemory', '100mb');
    await assert.rejects(open(), has('store_denied'));
    assert.deepEqual(logger.warnings, []);
    await client.configSet('maxmemory-policy', 'volatile-lru');
    await open();
    assert.match(String(logger.warnings[0]), /volatile-lru/);
  });

  it('warns of a Redis that does not tell its policy', async () => {
    await client.aclSetUser('default', '-info');
    await open();
    assert.match(String(logger.warnings[0]), /does not tell/);
  });

  it('a chunk that is missing or short breaks the stream', async () => {
    const store = await open();
    const { location } = await store.write('k', inPieces(bytes, 10_000));
    await client.set('image-blobs:chunk:k:3', '');
    await assert.rejects(readAll(await store.read(location)), has('blob_not_found'));
    await client.del('image-blobs:chunk:k:2');
    await assert.rejects(readAll(await store.read(location)), has('blob_not_found'));
    await assert.rejects(
      readAll(await store.read(location, { start: 2 * MIB + 5, end: 2 * MIB + 6 })),
      has('blob_not_found'),
    );
    const range = { start: 0, end: 2 * MIB - 1 };
    assert.equal((await readAll(await store.read(location, range))).length, 2 * MIB);
  });

  it('a reader that stalls has few chunks fetched', async () => {
    let fetched = 0;
    const counting: RedisClientLike = {
      withCommandOptions: (options) =>
        new Proxy(client.withCommandOptions(options), {
          get: (target, name) => {
            if (name === 'get') fetched += 1;
            return Reflect.get(target, name, target) as unknown;
          },
        }),
    };
    const store = await open({ client: counting, chunkSize: 64 * KIB });
    const { location } = await store.write('k', inPieces(bytes, 10_000));
    const stream = await store.read(location);
    await until('data', () => stream.read(1) !== null);
    for (let turn = 0; turn < 20; turn += 1) await store.stat(location);
    assert.ok(fetched >= 1 && fetched <= 8, `${fetched} chunks`);
    stream.destroy();
  });

  it('works again on a connection of its own, and warns once of each outage', async () => {
    const store = redisStore({
      url: redis.url,
      deadline: 500,
      logger,
    });
    await store.open?.();
    const { location } = await store.write('k', inPieces(bytes, 10_000));
    await redis.kill();
    await assert.rejects(store.stat(location), has('unavailable'));
    await assert.rejects(store.stat(location), has('unavailable'));
    await redis.start();
    await until('it is back', async () => {
      const [found] = await Promise.allSettled([store.stat(location)]);
      return found.status === 'fulfilled';
    });
    assert.deepEqual(logger.warnings, ['redis store: the connection is lost']);
    await store.close?.();
  });
});
