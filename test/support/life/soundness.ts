import assert from 'node:assert/strict';
import type { BlobEntry } from '../../../lib/domain/image.js';
import { runningTask } from '../../../lib/domain/image-tasks.js';
import type { LifeStorage } from './life-storage.js';
import { until } from '../until.js';

export interface SoundnessOptions {
  /** Images to which processes that live are writing. Default: none. */
  readonly others?: readonly string[];
  /** Whether data of deleted images may wait for its time. Default false. */
  readonly delayed?: boolean;
}

/** What has data of its own. */
const WITH_DATA: readonly string[] = ['active', 'deactivated', 'uploading'];

/**
 * What must not be in a storage once a sweep has run, in words; nothing when all is well.
 */
export async function faultsOf(
  storage: LifeStorage,
  { others = [], delayed = false }: SoundnessOptions = {},
): Promise<string[]> {
  const faults: string[] = [];
  const stored = new Set(await storage.stored());
  const staged = new Set((await storage.staged()).map(({ name }) => name));
  for (const { id, status, blobs, properties, tasks = [] } of await storage.images()) {
    if (others.includes(id)) {
      for (const { key } of blobs) staged.delete(key);
      continue;
    }
    const fault = (text: string): void => void faults.push(`image ${id} (${status}) ${text}`);
    if (status === 'saving' || status === 'importing') fault('is so for ever');
    if (runningTask({ tasks }) !== undefined) fault('has a task that never ends');
    if ('os_glance_import_task' in properties) fault('is locked by an import that is dead');
    const kept = blobs.filter(({ state }) => state === 'kept');
    if (kept.length > 0 !== WITH_DATA.includes(status)) fault(`has ${kept.length} blobs`);
    for (const blob of blobs) {
      if (blob.state !== 'kept' && !delayed) fault(`has a blob that is ${blob.state}`);
      if (!stored.delete(placeOf(blob))) fault(`lacks the blob ${blob.key}`);
    }
  }
  for (const place of stored) faults.push(`the blob ${place} has no image`);
  for (const name of staged) faults.push(`the staged file ${name} is left`);
  // One that lives takes its record out with one of its next beats.
  for (const { id } of await storage.deadProcesses()) faults.push(`the record of the registry ${id} is left`);
  return [...faults, ...(await storage.wrongRows())];
}

/**
 * Opens a storage after its processes have died, as the next process does, and asserts that its sweep leaves nothing half done.
 */
export async function recover(storage: LifeStorage, options: SoundnessOptions = {}): Promise<void> {
  const registry = await storage.open();
  const sweep = await registry.sweep();
  assert.deepEqual(await storage.deadProcesses(), [], `registries are left: ${JSON.stringify(sweep)}`);
  // A removal that failed before is due again later; none has here.
  if (options.delayed !== true)
    await until('all is scrubbed', async () => {
      await registry.sweep();
      const images = await storage.images();
      return images.every(({ blobs }) => blobs.every(({ state }) => state !== 'doomed'));
    });
  const { damaged, orphans, rows } = await registry.verify({ rehash: true });
  assert.deepEqual([damaged.first, orphans.first, rows.first], [[], [], []]);
  assert.deepEqual(await faultsOf(storage, options), []);
}

/** Where a blob lies, as the storage tells it. */
function placeOf({ store, location }: BlobEntry): string {
  return `${store === 'archive' ? 'archive/' : ''}${location}`;
}
