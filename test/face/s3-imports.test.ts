import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import Keyv from 'keyv';
import {
  createImageRegistry,
  diskStore,
  none,
  s3Store,
  type BlobStore,
  type ImageRegistry,
} from '../../lib/index.js';
import { sampleBytes } from '../../lib/testing/blob-store/sample-data.js';
import { ADMINISTRATOR, importAll, OWNER, reserve, store } from '../support/life/life-images.js';
import { SILENT } from '../support/life/mark-registries.js';
import { fauxqs, FAUXQS_OPTIONS, FAUXQS_PART, type Fauxqs } from '../support/servers/fauxqs.js';

/** Two parts. */
const DATA = sampleBytes(FAUXQS_PART + 1);

describe('imports between a disk and S3', function () {
  this.timeout(60_000);
  let server: Fauxqs;
  let folder: string;
  let registry: ImageRegistry;

  before(async () => {
    server = await fauxqs();
    folder = await mkdtemp(path.join(os.tmpdir(), 's3-imports-'));
    const bucket = await server.bucket();
    const s3 = (prefix: string): BlobStore =>
      s3Store({
        bucket,
        prefix,
        partSize: FAUXQS_PART,
        clientOptions: { ...FAUXQS_OPTIONS, endpoint: server.proxy.url },
      });
    registry = createImageRegistry({
      authenticate: none(),
      metadata: new Keyv({ throwOnErrors: true }),
      blobs: {
        stores: { disk: diskStore({ path: folder }), near: s3('near'), far: s3('far') },
        defaultStore: 'disk',
      },
      sweepInterval: 0,
      logger: SILENT,
    });
    await registry.ready();
  });

  beforeEach(() => {
    server.proxy.log.length = 0;
  });

  after(async () => {
    await registry.close();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  /** Asserts that the data is whole in these stores and in no others. */
  async function assertIn(id: string, ...stores: string[]): Promise<void> {
    const { images } = registry;
    const { status, stores: found } = await images.show(OWNER, id);
    assert.deepEqual([status, [...found].sort()], ['active', stores.sort()]);
    assert.ok((await registry.verify({ rehash: true })).ok);
  }

  it('take staged bytes from the disk to S3', async () => {
    const { id } = await reserve(registry);
    await registry.images.stage(OWNER, id, { data: DATA });
    await importAll(registry, id, { method: 'glance-direct', stores: ['near'] });
    await assertIn(id, 'near');
    assert.ok(server.proxy.log.includes('CompleteUpload'), server.proxy.log.join(' '));
  });

  it('copy from the disk to S3, and from there to S3 within it', async () => {
    const { id } = await store(registry, DATA);
    await importAll(registry, id, { method: 'copy-image', stores: ['near'] });
    await assertIn(id, 'disk', 'near');
    await registry.images.removeCopy(ADMINISTRATOR, id, 'disk');
    server.proxy.log.length = 0;
    await importAll(registry, id, { method: 'copy-image', stores: ['far'] });
    const asked = server.proxy.log.join(' ');
    assert.match(asked, /CopyObject|CopyPart/);
    // What is read is the mark; nothing is written from here.
    assert.doesNotMatch(asked, /UploadPart|PutObject|GetObject.*GetObject/);
    await assertIn(id, 'near', 'far');
  });
});
