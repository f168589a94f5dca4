import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { listingPrefix } from '../../lib/catalogue/listing-rows.js';
import { createImageRegistry, memoryStore, none, type ImageRegistry } from '../../lib/index.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import { ADMINISTRATOR, blobOf, OWNER, store } from '../support/life/life-images.js';
import { LifeStorage } from '../support/life/life-storage.js';
import { itFindsFaults } from '../support/life/life-verify-suite.js';

interface Place {
  readonly id: string;
  readonly location: string;
}

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

describe('verify, on a disk to which somebody else has put something', () => {
  let storage: LifeStorage;
  let registry: ImageRegistry;
  const inBlobs = (name: string): string => path.join(storage.folder, 'blobs', 'blobs', name);

  beforeEach(async () => {
    storage = await LifeStorage.make('LMDB and disk');
    registry = await storage.open();
  });

  afterEach(() => storage.end());

  it('reports folders, links and stray files, and the images that have lost their place to them', async () => {
    const places: Place[] = [];
    for (let n = 0; n < 3; n += 1) {
      const { id } = await store(registry);
      places.push({ id, location: blobOf(await storage.record(id)) });
    }
    const [linked, filed, whole] = places as [Place, Place, Place];
    await rename(inBlobs(linked.location), inBlobs('elsewhere'));
    await symlink(inBlobs('elsewhere'), inBlobs(linked.location));
    await rm(inBlobs(filed.location));
    await mkdir(inBlobs(filed.location));
    await writeFile(inBlobs('README'), 'what is this?');
    await writeFile(inBlobs(`${whole.location.slice(0, 2)}/.nfs0000001`), '');
    await mkdir(inBlobs('lost+found'));
    const { ok, damaged, orphans, strays, blobs } = await registry.verify();
    assert.deepEqual([ok, blobs, orphans.count], [false, 1, 0]);
    const byName = <T extends { name: string }>(all: readonly T[]): T[] =>
      [...all].sort((one, two) => (one.name < two.name ? -1 : 1));
    assert.equal(strays.count, 6);
    assert.deepEqual(
      byName(strays.first),
      byName([
        { store: 'file', name: 'README', kind: 'file' },
        { store: 'file', name: `${whole.location.slice(0, 2)}/.nfs0000001`, kind: 'file' },
        { store: 'file', name: 'elsewhere', kind: 'file' },
        { store: 'file', name: 'lost+found', kind: 'folder' },
        { store: 'file', name: linked.location, kind: 'link' },
        { store: 'file', name: filed.location, kind: 'folder' },
      ]),
    );
    assert.deepEqual(
      new Map(damaged.first.map(({ image, reason }) => [image, reason])),
      new Map([
        [linked.id, 'a link stands in the place of its data'],
        [filed.id, 'a folder stands in the place of its data'],
      ]),
    );
  });

  it('finds flipped bytes in the midst of a file, and nothing wrong with those that are whole', async () => {
    const data = randomBytes(3_000_000);
    const { id } = await store(registry, data.toString('latin1'));
    await store(registry, 'whole');
    const file = inBlobs(blobOf(await storage.record(id)));
    const bytes = await readFile(file);
    bytes[2_000_000] = (bytes[2_000_000] ?? 0) ^ 1;
    await writeFile(file, bytes);
    assert.ok((await registry.verify()).ok);
    const { damaged } = await registry.verify({ rehash: true });
    assert.deepEqual(
      damaged.first.map(({ image, reason }) => [image, reason.slice(0, 29)]),
      [[id, 'its data has another sha512: ']],
    );
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
