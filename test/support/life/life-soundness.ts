import assert from 'node:assert/strict';
import { CatalogueSpace } from '../../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../../lib/catalogue/image-catalogue.js';
import { ProcessBook } from '../../../lib/catalogue/process-book.js';
import type { BlobEntry, Image } from '../../../lib/domain/image.js';
import { runningTask } from '../../../lib/domain/image-tasks.js';
import { allImages } from '../catalogue/all-images.js';
import type { LifeStorage } from './life-storage.js';
import { until } from '../until.js';

/** All records of a storage, deleted ones too. */
export async function recordsOf(storage: LifeStorage): Promise<Image[]> {
  return allImages(new ImageCatalogue(new CatalogueSpace(storage.space)));
}

/**
 * Opens a storage after its processes have died, as the next process does, and asserts that one sweep leaves nothing half done.
 * @param options.delayed data of deleted images may wait for its time
 */
export async function recover(storage: LifeStorage, options: { delayed?: boolean } = {}): Promise<void> {
  const registry = await storage.open();
  const sweep = await registry.sweep();
  const entered = await new ProcessBook(new CatalogueSpace(storage.space)).list();
  // Registries of this very process may have written, too, and are not asked to forget that at once.
  const left = entered.filter(({ pid }) => pid !== process.pid);
  assert.deepEqual(left, [], `registries are left: ${JSON.stringify(sweep)}`);
  // A removal that failed before is due again later; none has here.
  if (options.delayed !== true)
    await until('all is scrubbed', async () => {
      await registry.sweep();
      const records = await recordsOf(storage);
      return records.every(({ blobs }) => blobs.every(({ state }) => state !== 'doomed'));
    });
  const { damaged, orphans, rows } = await registry.verify();
  assert.deepEqual([damaged.first, orphans.first, rows.first], [[], [], []]);
  const records = await recordsOf(storage);
  for (const { id, status, blobs, properties, tasks = [] } of records) {
    assert.ok(status !== 'saving' && status !== 'importing', `${id} is ${status}`);
    assert.equal(runningTask({ tasks }), undefined, id);
    assert.ok(!('os_glance_import_task' in properties), `${id} is locked by an import that is dead`);
    assert.ok(
      blobs.every(({ state }) => state !== 'writing'),
      `${id} waits for a dead writer`,
    );
  }
  const owned = records.flatMap(({ blobs }) => blobs.map(placeOf));
  assert.deepEqual(await storage.stored(), owned.sort());
  assert.deepEqual(await storage.staged(), []);
}

/** Where a blob lies, as the storage tells it. */
function placeOf({ store, location }: BlobEntry): string {
  return `${store === 'archive' ? 'archive/' : ''}${location}`;
}
