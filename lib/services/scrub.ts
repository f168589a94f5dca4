import { isDeepStrictEqual } from 'node:util';
import type { Image } from '../domain/image.js';
import type { Parts } from './parts.js';
import { storedBytes } from './storage-quota.js';

/**
 * Removes the blobs that an image has given up. What cannot be removed now stays in the record for the next sweep.
 */
export async function removeScrubbed(
  parts: Pick<Parts, 'catalogue' | 'stores' | 'quota' | 'log'>,
  image: Image,
): Promise<void> {
  const removed: Image['scrub'][number][] = [];
  try {
    for (const blob of image.scrub) {
      await parts.stores.at(blob).remove(blob.key);
      removed.push(blob);
    }
    if (removed.length === 0) return;
    let freed = 0;
    const cleared = await parts.catalogue.update(image.id, (current) => {
      const scrub = current.scrub.filter((blob) => !removed.some((gone) => isDeepStrictEqual(blob, gone)));
      const next = { ...current, scrub };
      freed = storedBytes(current) - storedBytes(next);
      // Another process may have come first, and has counted it.
      return scrub.length === current.scrub.length ? null : next;
    });
    if (freed > 0) await parts.quota.release(cleared?.image.owner ?? null, freed);
  } catch (error) {
    parts.log.warn({ err: error, image: image.id }, 'data of a deleted image was left to the janitor');
  }
}
