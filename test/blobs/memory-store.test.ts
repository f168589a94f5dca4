import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import type { BlobStore } from '../../lib/blobs/blob-store.js';
import { memoryStore } from '../../lib/blobs/memory/memory-store.js';
import { isRegistryError } from '../../lib/errors.js';
import { blobStoreSuite, type BlobStoreSubject } from '../../lib/testing/blob-store-suite.js';
import { guarded } from './guarded-subject.js';

const MIB = 1024 * 1024;
const ROOM = new Map<BlobStore, number>();

function ofSize(maxBytes: number): Promise<BlobStore> {
  const store = memoryStore({ maxBytes });
  ROOM.set(store, maxBytes);
  return Promise.resolve(store);
}

/** Room that is taken though no blob takes it shows when all the rest is asked for. */
async function missingRoom(store: BlobStore): Promise<string[]> {
  let free = ROOM.get(store) ?? 0;
  for await (const { size } of store.list?.() ?? []) free -= size;
  try {
    const { location } = await store.write('probe', Readable.from([]), { size: free });
    await store.remove(location);
    return [];
  } catch (error) {
    assert.ok(isRegistryError(error, 'store_full'));
    return [`less room than the ${free} bytes that are free`];
  }
}

const subject: BlobStoreSubject = {
  create: () => ofSize(64 * MIB),
  full: () => ofSize(2 * MIB),
  leftovers: missingRoom,
  destroy: (store) => {
    ROOM.delete(store);
    return Promise.resolve();
  },
  growing: 'it keeps the blobs in this process',
};

const framework = { describe, it, before, after };
blobStoreSuite(framework, 'memory store', subject);
blobStoreSuite(framework, 'memory store behind a guard', guarded(subject));
