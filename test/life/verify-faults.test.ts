import assert from 'node:assert/strict';
import { listingPrefix } from '../../lib/catalogue/listing-rows.js';
import { createImageRegistry, memoryStore, none } from '../../lib/index.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import { ADMINISTRATOR, OWNER, store } from '../support/life/life-images.js';
import { LifeStorage } from '../support/life/life-storage.js';
import { itFindsFaults } from '../support/life/life-verify-suite.js';

for (const medium of ['memory', 'LMDB and disk'] as const)
  describe(`verify, on ${medium}`, () => {
    itFindsFaults(() => medium);
  });

describe('verify, with several stores', () => {
  let storage: LifeStorage;

  beforeEach(async () => {
    storage = await LifeStorage.make('memory');
  });

  afterEach(() => storage.end());

  it('knows a store by each of its names', async () => {
    const { blobs } = storage;
    const stores = { one: blobs, two: blobs };
    const registry = await storage.open({ blobs: { stores, defaultStore: 'two' } });
    for (const name of ['one', 'two', 'file']) await store(registry, name, { store: name });
    const { ok, blobs: count } = await registry.verify();
    assert.deepEqual([ok, count], [true, 3]);
  });

  it('knows the blobs of a store that had no name yet', async () => {
    const first = await storage.open();
    const { id } = await store(first);
    const named = { stores: { main: storage.blobs }, defaultStore: 'main' };
    const registry = createImageRegistry({
      authenticate: none(),
      metadata: storage.space,
      blobs: named,
      sweepInterval: 0,
    });
    await registry.ready();
    assert.ok((await registry.verify()).ok);
    await registry.images.remove(OWNER, id);
    assert.deepEqual(await storage.stored(), []);
  });

  it('tells of images whose store is not configured any more', async () => {
    const stores = { main: storage.blobs, cold: memoryStore() };
    const before = await storage.open({ blobs: { stores, defaultStore: 'main' } });
    const { id } = await store(before, 'data', { store: 'cold' });
    const after = await storage.open({ blobs: { stores: { main: storage.blobs }, defaultStore: 'main' } });
    const { damaged, ok } = await after.verify();
    assert.equal(ok, false);
    assert.deepEqual(damaged.first, [{ image: id, reason: 'its store cold is not configured' }]);
  });
});

describe('verify, while an image moves in the index', () => {
  it('does not take its data for an orphan', async () => {
    const space = new PlainKeySpace();
    const options = { authenticate: none(), metadata: space, blobs: memoryStore(), sweepInterval: 0 };
    const registry = createImageRegistry(options);
    await registry.ready();
    const { id } = await store(registry);
    const shared = listingPrefix({ kind: 'visibility', visibility: 'shared' }, 'active', false, 'id');
    let moved = false;
    space.before = async (call, ranges) => {
      if (call !== 'scan' || moved || ranges?.some(({ start }) => start.includes(shared)) !== true) return;
      moved = true;
      // The blobs have been listed, the rows have not been read.
      await registry.images.update(ADMINISTRATOR, id, { is_public: true });
    };
    const { orphans } = await registry.verify();
    assert.ok(moved);
    assert.deepEqual(orphans.first, []);
    await registry.close();
  });
});
