import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { keySpaceFor } from '../../lib/catalogue/adapters/key-space-for.js';
import { KeyvLmdb } from '../../lib/catalogue/adapters/keyv-lmdb.js';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import { LAYOUT } from '../../lib/catalogue/row-set.js';
import {
  createImageRegistry,
  devTokens,
  memoryStore,
  type ImageRegistry,
  type ImageRegistryOptions,
} from '../../lib/index.js';
import { startExample } from '../support/servers/example-server.js';
import { ANN, Host } from '../support/mounts/host.js';
import { ImagesClient } from '../support/clients/images-client.js';
import { RecordingLog } from '../support/recording-log.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';
import { sampleId, sampleImage } from '../support/mounts/sample-images.js';
import { MOUNTS } from '../support/mounts/serve.js';

const OLDER = { ...LAYOUT, version: LAYOUT.version - 1 };
const NEWER = { ...LAYOUT, version: LAYOUT.version + 1 };

describe('an upgrade', () => {
  let folder = '';
  let redis: TestRedis;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'upgrade-'));
    redis = await startRedis();
  });
  after(async () => {
    await redis.stop();
    await rm(folder, { recursive: true });
  });

  /** Metadata of the release before this one, with an image. */
  async function fillFolder(name: string): Promise<string> {
    const path = join(folder, name, 'metadata');
    const space = new CatalogueSpace(
      keySpaceFor(new Keyv({ store: new KeyvLmdb({ path }), throwOnErrors: true })),
      OLDER,
    );
    const catalogue = new ImageCatalogue(space);
    await catalogue.open();
    await catalogue.create(sampleImage(1));
    await catalogue.close();
    return join(folder, name);
  }

  const registryOf = (dataDir: string, options: Partial<ImageRegistryOptions> = {}): ImageRegistry =>
    createImageRegistry({
      dataDir,
      authenticate: devTokens(),
      blobs: memoryStore(),
      logger: new RecordingLog(),
      sweepInterval: 0,
      ...options,
    });

  it('needs a reindex, which the start asks for and the registry carries out', async () => {
    const dataDir = await fillFolder('by-hand');
    const registry = registryOf(dataDir);
    await assert.rejects(registry.ready(), /rows of version \d+, this release needs version \d+: .*reindex/);
    await registry.reindex();
    await registry.ready();
    await registry.reindex();
    assert.equal((await registry.verify()).ok, true);
    await registry.close();
    const again = registryOf(dataDir);
    await again.ready();
    await again.close();
  });

  it('is made for another choice of properties in the same way', async () => {
    const dataDir = join(folder, 'properties');
    const at = (options: { indexedProperties?: readonly string[] }): ImageRegistry =>
      registryOf(dataDir, options);
    const first = at({});
    await first.ready();
    await first.close();
    const refused = at({ indexedProperties: ['os_distro', 'flavour'] });
    await assert.rejects(refused.ready(), /indexes the properties .*, not flavour, os_distro: .*reindex/);
    await refused.reindex();
    await refused.ready();
    await refused.close();
    const again = at({});
    await again.ready();
    await again.close();
    assert.throws(() => at({ indexedProperties: ['x', 'x'] }), /indexedProperties/);
  });

  it('releases the folder also when it did not start, or was only reindexed', async () => {
    const dataDir = await fillFolder('closed');
    const refused = registryOf(dataDir);
    await assert.rejects(refused.ready(), /reindex/);
    await refused.close();
    const reindexed = registryOf(dataDir);
    await reindexed.reindex();
    await reindexed.close();
    await rm(dataDir, { recursive: true });
    const fresh = registryOf(dataDir);
    await fresh.ready();
    await fresh.close();
  });

  it('is made by the example server with --reindex, and asked for without', async () => {
    const data = await fillFolder('example');
    await assert.rejects(startExample(['--data', data]), /reindex/);
    const server = await startExample(['--data', data, '--reindex']);
    const answer = await new ImagesClient(server.url, '').ask(`/v1/images/${sampleId(1)}`, {
      method: 'HEAD',
    });
    assert.equal(answer.status, 200);
    await server.stop();
    const next = await startExample(['--data', data]);
    await next.stop();
  });

  it('turns processes of the older release away with 503, from its last step on', async () => {
    const keyv = new Keyv(new KeyvRedis(redis.url), { throwOnErrors: true });
    const host = new Host(MOUNTS[0], 'memory', { metadata: keyv, sweepInterval: 0 });
    await host.start();
    const client = new ImagesClient(host.url, ANN);
    const post = { method: 'POST', headers: { 'x-image-meta-name': 'x' } };
    const made = await client.ask('/v1/images', post);
    const { id } = (JSON.parse(made.text) as { image: { id: string } }).image;
    const statuses = async (): Promise<number[]> => [
      (await client.ask('/v1/images')).status,
      (await client.ask(`/v1/images/${id}`, { method: 'HEAD' })).status,
      (await client.ask('/v1/images', post)).status,
      (await client.ask(`/v1/images/${id}`, { method: 'DELETE' })).status,
    ];
    const other = new Keyv(new KeyvRedis(redis.url), { throwOnErrors: true });
    const reindex = new CatalogueSpace(keySpaceFor(other), NEWER).reindex();
    await reindex.next();
    assert.deepEqual(await statuses(), [200, 200, 503, 503]);
    for await (const _ of reindex);
    assert.deepEqual(await statuses(), [503, 503, 503, 503]);
    await host.stop();
    await Promise.all([keyv.disconnect(), other.disconnect()]);
  });
});
