import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import KeyvRedis, { createClient } from '@keyv/redis';
import Keyv from 'keyv';
import { callerOf } from '../../lib/domain/identity.js';
import {
  createImageRegistry,
  KeyvLmdb,
  memoryStore,
  none,
  redisStore,
  type BlobStore,
  type ImageRegistry,
  type ImageRegistryOptions,
} from '../../lib/index.js';
import { RecordingLog } from '../support/recording-log.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';
import { until } from '../support/until.js';

const ANN = callerOf({ user: 'ann', project: 'blue', roles: ['member'] });
const QUEUED = { name: 'image', disk_format: 'raw', container_format: 'bare' };

describe('closing a registry', () => {
  const logger = new RecordingLog();
  const make = (options: Partial<ImageRegistryOptions>): ImageRegistry =>
    createImageRegistry({ authenticate: none(), logger, sweepInterval: 0, ...options });
  const works = async (registry: ImageRegistry): Promise<void> => {
    await registry.ready();
    const { id } = await registry.images.create(ANN, QUEUED);
    await registry.images.upload(ANN, id, { data: Readable.from([Buffer.from('data')]) });
    const { stream } = await registry.images.download(ANN, id);
    assert.equal(Buffer.concat(await stream.toArray()).toString(), 'data');
  };

  describe('leaves open what it did not make', () => {
    let folder = '';
    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'close-'));
    });
    after(() => rm(folder, { recursive: true }));

    it('a KeyvLmdb that two registries share', async () => {
      const store = new KeyvLmdb({ path: path.join(folder, 'shared') });
      const [one, two] = ['one', 'two'].map((namespace) =>
        make({ metadata: new Keyv({ store, namespace, throwOnErrors: true }), blobs: memoryStore() }),
      ) as [ImageRegistry, ImageRegistry];
      await works(one);
      await works(two);
      await one.close();
      await works(two);
      await two.close();
      assert.ok(store.isOpen);
      await store.disconnect();
    });

    it('a Keyv whose entries the host app uses too', async () => {
      const keyv = new Keyv({
        store: new KeyvLmdb({ path: path.join(folder, 'keyv') }),
        throwOnErrors: true,
      });
      const registry = make({ metadata: keyv, blobs: memoryStore() });
      await works(registry);
      await keyv.set('own', 'entry');
      await registry.close();
      assert.equal(await keyv.get('own'), 'entry');
      await keyv.disconnect();
    });

    it('a store that another registry still uses, to the last of them', async () => {
      const calls: string[] = [];
      const store: BlobStore = Object.assign(memoryStore(), {
        open: () => Promise.resolve(void calls.push('open')),
        close: () => Promise.resolve(void calls.push('close')),
      });
      const [one, two] = [
        make({ metadata: new Keyv(), blobs: store }),
        make({ metadata: new Keyv(), blobs: store }),
      ];
      await Promise.all([one.ready(), two.ready()]);
      assert.deepEqual(calls, ['open']);
      await one.close();
      await one.close();
      await works(two);
      assert.deepEqual(calls, ['open']);
      await two.close();
      assert.deepEqual(calls, ['open', 'close']);
      const three = make({ metadata: new Keyv(), blobs: store });
      await works(three);
      await three.close();
      assert.deepEqual(calls, ['open', 'close', 'open', 'close']);
    });

    it('a store that failed to open for another registry, and then did', async () => {
      let fails = true;
      const calls: string[] = [];
      const store: BlobStore = Object.assign(memoryStore(), {
        open: () => {
          calls.push('open');
          return fails ? Promise.reject(new Error('down')) : Promise.resolve();
        },
        close: () => Promise.resolve(void calls.push('close')),
      });
      const [one, two] = [
        make({ metadata: new Keyv(), blobs: store }),
        make({ metadata: new Keyv(), blobs: store }),
      ];
      await assert.rejects(one.ready());
      fails = false;
      await two.ready();
      await one.close();
      await works(two);
      await two.close();
      assert.deepEqual(calls, ['open', 'open', 'close']);
    });
  });

  describe('with a Redis that does not answer', () => {
    let redis: TestRedis;
    before(async () => {
      redis = await startRedis();
    });
    after(() => redis.stop());

    it('ends at the deadline, with an upload that cannot be settled and the client still open', async () => {
      const client = createClient({ url: redis.url });
      client.on('error', () => undefined);
      const metadata = new Keyv(new KeyvRedis(client), { throwOnErrors: true });
      // Whoever waits for one call of the storage waits longer than this test may take.
      const slow = { metadataDeadline: 600_000, blobDeadline: 600_000 };
      const blobs = redisStore({ url: redis.url, deadline: 600_000, logger });
      const registry = make({ metadata, blobs, ...slow });
      await registry.ready();
      const { id } = await registry.images.create(ANN, QUEUED);
      const data = new PassThrough();
      const upload = registry.images.upload(ANN, id, { data });
      upload.catch(() => undefined);
      data.write('begin');
      await until('it is saving', async () => (await registry.images.show(ANN, id)).status === 'saving');
      redis.pause();
      try {
        await assert.rejects(registry.close({ deadline: 300 }), {
          code: 'unavailable',
          message: /took longer/,
        });
        await assert.rejects(registry.ready(), { code: 'unavailable' });
        assert.ok(client.isOpen);
      } finally {
        redis.resume();
        data.destroy();
        client.destroy();
      }
      await assert.rejects(upload);
    });

    it('ends at the deadline while it is still starting', async () => {
      const blobs = redisStore({ url: redis.url, deadline: 600_000, logger });
      const registry = make({ metadata: new Keyv(), blobs, blobDeadline: 600_000 });
      redis.pause();
      const ready = registry.ready();
      ready.catch(() => undefined);
      try {
        await assert.rejects(registry.close({ deadline: 300 }), { code: 'unavailable' });
      } finally {
        redis.resume();
      }
      // What has come round afterwards is closed by another call.
      await Promise.allSettled([ready]);
      await registry.close();
    });
  });

  it('refuses a deadline that is none', async () => {
    const registry = make({ metadata: new Keyv(), blobs: memoryStore() });
    await assert.rejects(registry.close({ deadline: -1 }), TypeError);
    await registry.close({ deadline: 60_000 });
  });
});
