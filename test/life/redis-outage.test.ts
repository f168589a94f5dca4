import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import { ProcessBook } from '../../lib/catalogue/process-book.js';
import type { ImageRegistry, PublicImage } from '../../lib/index.js';
import { itEndsWhatIsNotWanted } from '../support/life/ended-elsewhere.js';
import { OWNER } from '../support/life/life-images.js';
import { LifeStorage } from '../support/life/life-storage.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';
import { until } from '../support/until.js';

const LEASE_TIME = 1;

describe('registries with their metadata in a Redis', () => {
  let redis: TestRedis;
  let storage: LifeStorage;

  before(async () => {
    redis = await startRedis();
  });

  after(() => redis.stop());

  itEndsWhatIsNotWanted(() => ({ redis: redis.url }));

  describe('that stands still for twice the lease time', () => {
    beforeEach(async () => {
      storage = await LifeStorage.make({ redis: redis.url });
    });

    afterEach(() => storage.end());

    it('go on with their uploads, and take nobody for dead', async () => {
      const registries: ImageRegistry[] = [];
      for (let n = 0; n < 2; n += 1)
        registries.push(await storage.open({ leaseTime: LEASE_TIME, sweepInterval: 0.1 }));
      const uploads = registries.flatMap((registry) => [upload(registry), upload(registry)]);
      const catalogue = new ImageCatalogue(new CatalogueSpace(storage.space));
      await until('all are being written', async () => (await catalogue.writers()).length === 2);
      const book = new ProcessBook(new CatalogueSpace(storage.space));
      // As if each were on a host of its own.
      for (const record of await book.list()) await book.put({ ...record, boot: record.id });
      for (let round = 0; round < 2; round += 1) {
        redis.pause();
        for (const { data } of uploads) data.write('some of it ');
        await sleep(LEASE_TIME * 2000);
        redis.resume();
        const counters = async (): Promise<number[]> => (await book.list()).map(({ counter }) => counter);
        const before = await counters();
        await until('all show that they live', async () =>
          (await counters()).every((counter, n) => counter >= (before[n] ?? 0) + 4),
        );
      }
      for (const { data } of uploads) data.end('and the rest');
      const images = await Promise.all(uploads.map(({ image }) => image));
      for (const { id, status } of images) {
        assert.equal(status, 'active');
        const found = await storage.record(id);
        assert.deepEqual([found.status, found.message], ['active', null]);
      }
      assert.ok((await registries[0]?.verify())?.ok);
    });
  });

  function upload({ images }: ImageRegistry): { data: PassThrough; image: Promise<PublicImage> } {
    const data = new PassThrough();
    const metadata = { disk_format: 'raw', container_format: 'bare' };
    return { data, image: images.create(OWNER, metadata, { data }) };
  }
});
