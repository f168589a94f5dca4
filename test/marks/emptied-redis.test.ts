import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import KeyvRedis, { createClient, type RedisClientType } from '@keyv/redis';
import Keyv from 'keyv';
import { redisStore, type BlobStore } from '../../lib/index.js';
import { inPieces, KIB, readAll, sampleBytes } from '../../lib/testing/blob-store/sample-data.js';
import { RecordingLog } from '../support/recording-log.js';
import { isUnavailable, MarkRegistries } from '../support/life/mark-registries.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';
import { until } from '../support/until.js';

describe('a Redis that has been emptied', () => {
  const registries = new MarkRegistries();
  let redis: TestRedis;
  let client: RedisClientType;
  let dataDir: string;

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

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'emptied-redis-'));
    await client.flushAll();
  });

  afterEach(async () => {
    await registries.closeAll();
    await rm(dataDir, { recursive: true });
  });

  const blobs = (): BlobStore => redisStore({ url: redis.url, logger: new RecordingLog() });
  it('between two runs: blobs are missing, not gone', async () => {
    await registries.once({ dataDir, blobs: blobs() });
    await client.flushAll();
    const registry = registries.make({ dataDir, blobs: blobs() });
    const before = await clients();
    for (let tries = 0; tries < 3; tries += 1)
      await isUnavailable(registry.ready(), /^blob store file: its medium/);
    assert.ok((await clients()) <= before + 1, 'each try opens the store anew');
  });

  it('between two runs: metadata is missing, not a new registry', async () => {
    const store = new KeyvRedis(redis.url, { throwOnErrors: true, throwOnConnectError: true });
    const metadata = new Keyv({ store, throwOnErrors: true });
    await registries.once({ dataDir, metadata });
    await client.flushAll();
    await isUnavailable(
      registries.make({ dataDir, metadata }).ready(),
      /^the metadata is empty, but blob store file belongs to the registry/,
    );
    // A registry that still looks after its metadata would connect again.
    await registries.closeAll();
    await metadata.disconnect();
  });

  it('under a running store: every call is unavailable until the mark is right again', async () => {
    const store = redisStore({ client });
    await store.open?.();
    const bytes = sampleBytes(3 * KIB);
    assert.equal(await store.mark?.('mine'), 'mine');
    const { location } = await store.write('k', inPieces(bytes, KIB));
    const stream = await store.read(location);
    await client.flushAll();
    const words = /its data is not there or another store's is.*"mine"/;
    const fails = async (): Promise<void> => {
      await isUnavailable(store.stat(location), words);
      await isUnavailable(store.read(location), words);
      await isUnavailable(store.remove(location), words);
      await isUnavailable(store.discard('k'), words);
      await isUnavailable(store.write('new', inPieces(bytes, KIB)), words);
      await isUnavailable(Promise.resolve(store.list?.()[Symbol.asyncIterator]().next()), words);
    };
    await isUnavailable(readAll(stream), words);
    await fails();
    await client.set('{image-blobs}:mark', 'another');
    await fails();
    await client.set('{image-blobs}:mark', 'mine');
    await store.write('new', inPieces(bytes, KIB));
    await store.remove(location);
    await store.close?.();
  });

  it('restarted without its data: every call is unavailable after the reconnect', async () => {
    const volatile = await startRedis({ args: ['--appendonly', 'no'] });
    const store = redisStore({ url: volatile.url, logger: new RecordingLog(), deadline: 1000 });
    try {
      await store.open?.();
      await store.mark?.('mine');
      const { location } = await store.write('k', inPieces(sampleBytes(KIB), KIB));
      await volatile.kill();
      await volatile.start();
      const words = 'its data is not there';
      await until('it is connected again', () =>
        store.stat(location).then(
          () => true,
          (error: unknown) => String(error).includes(words),
        ),
      );
      await isUnavailable(store.stat(location), /its data is not there/);
      await isUnavailable(store.remove(location), /its data is not there/);
    } finally {
      await store.close?.();
      await volatile.stop();
    }
  });

  async function clients(): Promise<number> {
    const info = await client.info('clients');
    return Number(/connected_clients:(\d+)/.exec(info)?.[1]);
  }
});
