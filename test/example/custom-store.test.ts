import assert from 'node:assert/strict';
import { mkdtemp, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipStore } from '../../example/custom-store.js';
import type { BlobStore } from '../../lib/index.js';
import { blobStoreSuite } from '../../lib/testing/index.js';

const FOLDERS = new Map<BlobStore, string>();

async function create(): Promise<BlobStore> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'gzip-store-'));
  const store = gzipStore({ path: folder });
  await store.open?.();
  FOLDERS.set(store, folder);
  return store;
}

function folderOf(store: BlobStore): string {
  return FOLDERS.get(store)!;
}

blobStoreSuite({ describe, it, before, after }, 'the blob store of the example', {
  create,
  leftovers: async (store) => (await readdir(folderOf(store))).filter((file) => !file.endsWith('.gz')),
  destroy: (store) => rm(folderOf(store), { recursive: true }),
  outage: async (store) => {
    const folder = folderOf(store);
    await rename(folder, `${folder}-away`);
    return () => rename(`${folder}-away`, folder);
  },
});

describe('the compression of the example', () => {
  let store: BlobStore;

  before(async () => {
    store = await create();
  });

  after(async () => {
    await rm(folderOf(store), { recursive: true });
  });

  it('makes files smaller than their blobs', async () => {
    const { location, size } = await store.write('zeros', Readable.from([Buffer.alloc(1_000_000)]));
    assert.equal(size, 1_000_000);
    const file = await stat(path.join(folderOf(store), 'zeros.gz'));
    assert.ok(file.size < 10_000, `${file.size} bytes`);
    assert.equal((await buffer(await store.read(location))).length, 1_000_000);
  });

  it('notices a file that was cut off', async () => {
    const { location } = await store.write(
      'cut',
      Readable.from([crypto.getRandomValues(Buffer.alloc(60_000))]),
    );
    await truncate(path.join(folderOf(store), 'cut.gz'), 30_000);
    const stream = await store.read(location);
    await assert.rejects(buffer(stream), /gzip store/);
  });
});
