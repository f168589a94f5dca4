import assert from 'node:assert/strict';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import { LeaseBook } from '../../lib/catalogue/lease-book.js';
import { STATUSES, type Image } from '../../lib/domain/image.js';
import { blobOf } from './life-images.js';
import type { LifeStorage } from './life-storage.js';
import { until } from './until.js';

/** All records of a storage, deleted ones too. */
export async function recordsOf(storage: LifeStorage): Promise<Image[]> {
  const catalogue = new ImageCatalogue(storage.space);
  return (await Promise.all(STATUSES.map((status) => catalogue.inStatus(status, 100_000)))).flat();
}

/**
 * Opens a storage after its processes have died, as the next process does, and asserts that one sweep leaves nothing half done.
 * @param options.delayed data of deleted images may wait for its time
 */
export async function recover(storage: LifeStorage, options: { delayed?: boolean } = {}): Promise<void> {
  const registry = await storage.open();
  const sweep = await registry.sweep();
  assert.deepEqual(
    await new LeaseBook(storage.space).list(),
    [],
    `leases are left: ${JSON.stringify(sweep)}`,
  );
  // A removal that failed before is due again later; none has here.
  if (options.delayed !== true)
    await until('all is scrubbed', async () => {
      await registry.sweep();
      return (await recordsOf(storage)).every(({ scrub }) => scrub.length === 0);
    });
  const { damaged, orphans, rows } = await registry.verify();
  assert.deepEqual([damaged.first, orphans.first, rows.first], [[], [], []]);
  const records = await recordsOf(storage);
  for (const { id, status, attempt } of records) {
    assert.notEqual(status, 'saving', id);
    assert.ok(status !== 'queued' || attempt === null, `${id} waits for a dead attempt`);
  }
  const owned = records.flatMap((image) => (image.locations.length > 0 ? [blobOf(image)] : []));
  const scrubbed = records.flatMap(({ scrub }) => scrub.map(({ key }) => key));
  assert.deepEqual(await storage.stored(), [...owned, ...scrubbed].sort());
  assert.deepEqual(await storage.staged(), []);
}
