import assert from 'node:assert/strict';
import { truncate } from 'node:fs/promises';
import path from 'node:path';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ProcessBook } from '../../lib/catalogue/process-book.js';
import { ERRORS } from '../../lib/errors.js';
import { memoryStore, type BlobStore } from '../../lib/index.js';
import { Host } from '../support/mounts/host.js';
import { FORMATS, OCTETS } from '../support/clients/images-client.js';
import { ADMINISTRATOR, store } from '../support/life/life-images.js';
import { LifeStorage } from '../support/life/life-storage.js';
import { MOUNTS } from '../support/mounts/serve.js';
import { until } from '../support/until.js';

/** A store whose writes end when the test says so. */
function slowStore(inner: BlobStore, gate: Promise<void>): BlobStore {
  return {
    open: async () => inner.open?.(),
    write: async (key, data, options) => {
      const written = await inner.write(key, data, options);
      await gate;
      return written;
    },
    read: (location, options) => inner.read(location, options),
    stat: (location) => inner.stat(location),
    remove: (location) => inner.remove(location),
    discard: (key) => inner.discard(key),
    list: () => inner.list?.() ?? assert.fail('no list'),
  };
}

describe('a disk that is slow', () => {
  it('is waited for, however hasty the janitors are', async () => {
    const storage = await LifeStorage.make('LMDB and disk');
    try {
      let go = (): void => assert.fail('not set');
      const gate = new Promise<void>((resolve) => (go = resolve));
      const blobs = slowStore(storage.blobs, gate);
      const hasty = { leaseTime: 0.4, sweepInterval: 0.05 };
      const registry = await storage.open({ ...hasty, blobs });
      await storage.open(hasty);
      const storing = store(registry, 'data');
      const processes = new ProcessBook(new CatalogueSpace(storage.space));
      // Four times in each lease time: three of these are over.
      await until('the registry is alive', async () => ((await processes.list())[0]?.counter ?? 0) >= 12);
      assert.ok((await registry.verify()).ok);
      go();
      const { status, size } = await storing;
      assert.deepEqual([status, size], ['active', 4]);
      assert.ok((await registry.verify()).ok);
    } finally {
      await storage.end();
    }
  });
});

describe('a disk that stands still', () => {
  const inner = memoryStore();
  const still: BlobStore = {
    ...slowStore(inner, Promise.resolve()),
    write: () => new Promise(() => undefined),
  };
  const host = new Host(MOUNTS[1], 'memory', { blobs: still, blobDeadline: 100, sweepInterval: 0 }).hooks();

  it('is given up: 503, and the image is killed', async () => {
    const id = crypto.randomUUID();
    const headers = { ...OCTETS, ...FORMATS, 'x-image-meta-id': id };
    const question = { method: 'POST', headers, body: Buffer.alloc(1_000_000) };
    const answer = await host.client().ask('/v1/images', question);
    assert.equal(answer.status, 503);
    assert.ok(Number(answer.headers['retry-after']) > 0);
    const { status, message } = await host.served.registry.images.show(ADMINISTRATOR, id);
    assert.deepEqual([status, message], ['killed', ERRORS.unavailable.text]);
    assert.ok((await host.served.registry.verify()).ok);
  });
});

describe('a disk that has lost bytes', () => {
  const host = new Host(MOUNTS[0], 'disk', { sweepInterval: 0 }).hooks();

  it('shows in the download, in the log and to verify, and in no answer as success', async () => {
    const { id } = await host.client().upload(Buffer.alloc(100_000, 'data'));
    const [location = ''] = await host.stored();
    await truncate(path.join(host.folder, 'blobs', location), 99_999);
    await assert.rejects(host.client().ask(`/v1/images/${id}`));
    const wanted = { image: id, size: 100_000, stored: 99_999 };
    assert.deepEqual(
      host.logged.filter(({ level }) => level === 'error'),
      [{ level: 'error', fields: wanted, message: 'the size of a blob does not match its image' }],
    );
    const { damaged, ok } = await host.served.registry.verify();
    assert.equal(ok, false);
    assert.deepEqual(damaged.first, [{ image: id, reason: 'its data has 99999 bytes, not 100000' }]);
    assert.equal(await host.client().status(id), 'active');
    assert.equal((await host.client().ask(`/v1/images/${id}`, { method: 'DELETE' })).status, 200);
    assert.deepEqual([await host.stored(), (await host.served.registry.verify()).ok], [[], true]);
  });
});
