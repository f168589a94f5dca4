import { blobOf } from '../domain/blob-entries.js';
import type { BlobEntry, Image } from '../domain/image.js';
import type { ImportTask } from '../domain/import-task.js';
import { publicImage } from '../domain/public-image.js';
import type { Actor } from './events.js';
import { removeDoomed } from './doomed-blobs.js';
import type { Parts } from './parts.js';
import { settleQuota } from './quota-of.js';

/**
 * What follows from a step of an import once its record is durable: counts, events, and the removal of what nobody needs.
 * @param task id of the import
 */
export async function afterImport(
  parts: Parts,
  before: Image,
  after: Image,
  by: Actor,
  task: string,
): Promise<void> {
  for (const blob of before.blobs) await recount(parts, blob, blobOf(after, blob.id), after);
  tell(parts, before, after, by, task);
  await removeDoomed(parts, after);
}

async function recount(
  parts: Parts,
  before: BlobEntry,
  after: BlobEntry | undefined,
  image: Image,
): Promise<void> {
  const { quota, staging, log } = parts;
  if (after === undefined) return;
  if (before.location === null && after.location !== null)
    await settleQuota(parts, before, image, after.reserved);
  if (before.purpose !== 'staging' || before.location === null) return;
  try {
    // Staged bytes that have become data without being moved.
    if (after.purpose === 'data') {
      await staging.quota.release(before.owner, before.reserved);
      await quota.release(after.owner, -after.reserved);
    }
    // What was kept for them if they should.
    if (after.purpose === 'data' || after.state === 'doomed') await quota.settle(before.owner, before.id, 0);
  } catch (error) {
    log.warn({ err: error, image: image.id }, 'the storage of a project is counted later');
  }
}

function tell({ events }: Parts, before: Image, after: Image, by: Actor, id: string): void {
  const shown = publicImage(after);
  if (before.status !== 'active' && after.status === 'active')
    for (const event of ['image.upload', 'image.activate'] as const) events.tell(event, shown, { by });
  const ended = (image: Image): ImportTask | undefined =>
    image.tasks?.find((task) => task.id === id && task.expires_at !== null);
  const task = ended(after);
  if (task !== undefined && ended(before) === undefined)
    events.tell('image.import', shown, { by, task: id, status: task.status, bytes: null, size: after.size });
}
