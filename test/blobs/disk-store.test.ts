import assert from 'node:assert/strict';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { BlobStore } from '../../lib/blobs/blob-store.js';
import { diskStore } from '../../lib/blobs/disk/disk-store.js';
import { blobStoreSuite, type BlobStoreSubject } from '../../lib/testing/blob-store-suite.js';
import { RecordingLog } from '../support/recording-log.js';
import { guarded } from './guarded-subject.js';

const logger = new RecordingLog();
const FOLDERS = new Map<BlobStore, string>();

async function create(): Promise<BlobStore> {
  const path = await mkdtemp(join(tmpdir(), 'disk-store-'));
  const store = diskStore({ path, logger });
  await store.open?.();
  FOLDERS.set(store, path);
  return store;
}

function folderOf(store: BlobStore): string {
  const path = FOLDERS.get(store);
  assert.ok(path !== undefined);
  return path;
}

/** All files below a folder. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

const subject: BlobStoreSubject = {
  create,
  leftovers: async (store) => {
    const whole = new Set<string>();
    for await (const { location } of store.list?.() ?? []) whole.add(join('blobs', location));
    return (await filesIn(folderOf(store))).filter((file) => !whole.has(file) && file !== 'registry-mark');
  },
  destroy: async (store) => {
    await rm(folderOf(store), { recursive: true });
    assert.deepEqual(logger.warnings, []);
  },
  reopen: async (store) => {
    const again = diskStore({ path: folderOf(store), logger });
    await again.open?.();
    return again;
  },
  stray: async (store) => {
    const path = join(folderOf(store), 'blobs', 'lost+found');
    await writeFile(path, '');
    return { name: 'lost+found', remove: () => rm(path) };
  },
  outage: async (store) => {
    const path = folderOf(store);
    await rename(path, `${path}-away`);
    return () => rename(`${path}-away`, path);
  },
};

const framework = { describe, it, before, after };
blobStoreSuite(framework, 'disk store', subject);
blobStoreSuite(framework, 'disk store behind a guard', guarded(subject));
