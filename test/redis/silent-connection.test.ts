import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import KeyvRedis, { createClient, type RedisClientType } from '@keyv/redis';
import Keyv from 'keyv';
import { redisStore, type RedisStoreOptions } from '../../lib/blobs/redis/redis-store.js';
import { redisKeySpace } from '../../lib/catalogue/adapters/redis-key-space.js';
import type { KeySpace } from '../../lib/catalogue/key-space.js';
import type { BlobStore } from '../../lib/blobs/blob-store.js';
import { isRegistryError } from '../../lib/errors.js';
import { inPieces, readAll, sampleBytes } from '../../lib/testing/blob-store/sample-data.js';
import { RecordingLog } from '../support/recording-log.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';
import { Wire } from '../support/servers/wire.js';
import { until } from '../support/until.js';

const deadline = 300;
const REPLACED = 'Redis did not answer in time: its connection is replaced';

describe('a connection to Redis that goes silent', () => {
  let redis: TestRedis;
  let wire: Wire;
  let client: RedisClientType;
  let logger: RecordingLog;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.stop());
  beforeEach(async () => {
    logger = new RecordingLog();
    wire = new Wire(redis.port);
    await wire.connect();
    client = createClient({ url: wire.url });
    client.on('error', () => undefined);
    await client.connect();
  });
  afterEach(async () => {
    client.destroy();
    await wire.cut();
  });

  const unavailable = (error: unknown): boolean => isRegistryError(error, 'unavailable');
  const works = (call: Promise<unknown>): Promise<boolean> =>
    call.then(
      () => true,
      () => false,
    );

  /** How often each script was run since the statistics were reset. */
  const scripts = async (): Promise<number> => {
    const admin = createClient({ url: redis.url });
    await admin.connect();
    const stats = await admin.info('commandstats');
    admin.destroy();
    const calls = [...stats.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)].map(([, count]) =>
      Number(count),
    );
    return calls.reduce((sum, count) => sum + count, 0);
  };

  describe('for metadata', () => {
    let space: KeySpace;
    const put = (key: string): Promise<boolean> =>
      space.commit({ key, expected: 0, value: { key }, addRows: [key], removeRows: [] });
    beforeEach(async () => {
      space = redisKeySpace(new Keyv(new KeyvRedis(client)), { deadline, logger });
      await space.open();
    });
    afterEach(() => space.close());

    it('is replaced by the first command that gets no answer', async () => {
      assert.equal(wire.connections, 1);
      wire.goSilent();
      await assert.rejects(put('one'), unavailable);
      await until('another connection works', () => works(space.get(['one'])));
      assert.equal(wire.connections, 2);
      assert.deepEqual(logger.warnings, [REPLACED]);
    });

    it('has a commit sent once whose answer is lost', async () => {
      assert.equal(await put('before'), true);
      await client.configResetStat();
      wire.loseAnswers();
      await assert.rejects(put('lost'), unavailable);
      await until('another connection works', () => works(space.get(['lost'])));
      assert.equal((await space.get(['lost']))[0]?.revision, 1);
      assert.equal(await scripts(), 1);
    });

    it('is replaced once, however many commands get no answer', async () => {
      wire.goSilent();
      const calls = await Promise.allSettled(Array.from({ length: 50 }, () => space.get(['one'])));
      assert.ok(calls.every(({ status }) => status === 'rejected'));
      await until('another connection works', () => works(space.get(['one'])));
      assert.equal(wire.connections, 2);
    });

    it('is replaced again and again while a proxy hangs, until it does no longer', async () => {
      wire.swallows = true;
      for (let call = 0; call < 3; call += 1) await assert.rejects(space.get(['one']), unavailable);
      wire.swallows = false;
      await until('another connection works', () => works(space.get(['one'])));
      const { connections } = wire;
      assert.equal(await put(`again-${connections}`), true);
      assert.equal(wire.connections, connections);
      assert.equal(wire.open, 2, 'the silent one and the last one are open');
      assert.deepEqual(logger.warnings, [REPLACED]);
    });

    it('stays as it is for whoever made it, and the replacement ends with the key space', async () => {
      wire.goSilent();
      await assert.rejects(space.get(['one']), unavailable);
      await until('another connection works', () => works(space.get(['one'])));
      assert.ok(client.isOpen);
      const admin = createClient({ url: redis.url });
      await admin.connect();
      const connected = async (): Promise<number> =>
        Number(/connected_clients:(\d+)/.exec(await admin.info('clients'))?.[1]);
      // The silent one, the replacement and the one that asks.
      assert.equal(await connected(), 3);
      await space.close();
      await until('the replacement is closed', async () => (await connected()) === 2);
      assert.ok(client.isOpen);
      await assert.rejects(space.get(['one']), unavailable);
      admin.destroy();
    });
  });

  describe('for data', () => {
    const bytes = sampleBytes(100_000);
    const opened = async (source: Pick<RedisStoreOptions, 'client' | 'url'>): Promise<BlobStore> => {
      const store = redisStore({ ...source, deadline, logger });
      await store.open?.();
      return store;
    };

    it('is replaced, whosever it is, and what was stored is read', async () => {
      for (const [key, source] of Object.entries({ given: { client }, own: { url: wire.url } })) {
        const store = await opened(source);
        const { location } = await store.write(key, inPieces(bytes, 10_000));
        wire.goSilent();
        await assert.rejects(store.stat(location), unavailable);
        await until('another connection works', () => works(store.stat(location)));
        assert.deepEqual(await readAll(await store.read(location)), bytes);
        await store.close?.();
      }
    });

    it('has a script sent once whose answer is lost', async () => {
      const store = await opened({ client });
      const { location } = await store.write('kept', inPieces(bytes, 10_000));
      await client.configResetStat();
      wire.loseAnswers();
      await assert.rejects(store.discard('lost'), unavailable);
      await until('another connection works', () => works(store.stat(location)));
      assert.equal(await scripts(), 1);
      await store.close?.();
    });

    it('is replaced in the midst of a write, of which nothing is left', async () => {
      const store = await opened({ client });
      const pieces = async function* (): AsyncGenerator<Buffer> {
        yield await Promise.resolve(bytes);
        wire.goSilent();
        yield bytes;
      };
      await assert.rejects(store.write('broken', Readable.from(pieces())), unavailable);
      await store.discard('broken');
      const admin = createClient({ url: redis.url });
      await admin.connect();
      assert.equal(await admin.hLen('{image-blobs}:parts'), 0);
      assert.deepEqual(await admin.keys('image-blobs:chunk:broken:*'), []);
      admin.destroy();
      await store.close?.();
    });
  });
});
