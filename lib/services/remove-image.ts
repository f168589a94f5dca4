import { noSuchImage } from '../domain/access.js';
import { doomed, keptBlobs } from '../domain/blob-entries.js';
import type { Caller } from '../domain/identity.js';
import type { Image } from '../domain/image.js';
import { withTasksEnded } from '../domain/image-tasks.js';
import { publicImage } from '../domain/public-image.js';
import { timeAfter } from '../domain/times.js';
import { RegistryError } from '../errors.js';
import type { DataParts } from './bring-data.js';
import { removeDoomed } from './doomed-blobs.js';
import { actorOf } from './events.js';
import type { Judge } from './judge.js';

/**
 * Deletes an image and its data. The record of the deletion is durable first; data that cannot be removed now is left to the janitor.
 */
export async function removeImage(parts: DataParts, judge: Judge, caller: Caller, id: string): Promise<void> {
  const { catalogue, clock, events, scrubDelay, transfer } = parts;
  judge.beforeChange(caller, ['delete_image']);
  const changed = await catalogue.update(id, (current) => {
    const image = judge.owned(caller, current, ['delete_image']);
    if (image.status === 'deleted') throw noSuchImage();
    if (image.status === 'pending_delete')
      throw new RegistryError('forbidden', 'This image is about to be deleted.');
    if (image.protected) throw new RegistryError('forbidden', 'A protected image cannot be deleted.');
    return deletedImage(image, clock.now(), scrubDelay);
  });
  if (changed === undefined) throw noSuchImage();
  transfer.abort(id);
  events.tell('image.delete', publicImage(changed.image), { by: actorOf(caller) });
  if (changed.image.status === 'deleted') await removeDoomed(parts, changed.image);
}

/** A deleted image keeps its fields, but for properties and members; its blobs wait to be removed. */
function deletedImage(image: Image, now: string, scrubDelay: number | null): Image {
  const { memberOrder: _, ...kept } = image;
  const delayed = scrubDelay !== null && keptBlobs(image).length > 0;
  const due = timeAfter(now, scrubDelay ?? 0);
  return {
    ...withTasksEnded(kept, now),
    status: delayed ? 'pending_delete' : 'deleted',
    properties: {},
    members: [],
    locations: [],
    blobs: image.blobs.map((blob) => doomed(blob, due)),
    updated_at: now,
    deleted_at: now,
  };
}
