import { isDeepStrictEqual } from 'node:util';
import type { Image, StoredBlob } from '../domain/image.js';
import { timeAfter } from '../domain/times.js';
import type { Parts } from './parts.js';
import { storedBytes } from './storage-quota.js';

/** Milliseconds before a failed removal is tried again: doubled each time, from the first to the last. */
const BACK_OFF = { first: 30_000, last: 6 * 3_600_000 };

type ScrubParts = Pick<Parts, 'catalogue' | 'stores' | 'quota' | 'clock' | 'log'>;

/**
 * Removes the blobs that an image has given up; with the last of them a `pending_delete` image becomes `deleted`. What cannot be removed now
 * stays in the record, is told there, and is tried again later. Safe in several processes.
 *
 * @returns whether all is removed
 */
export async function removeScrubbed(parts: ScrubParts, image: Image): Promise<boolean> {
  const removed: StoredBlob[] = [];
  let failure: unknown;
  for (const blob of image.scrub) {
    try {
      await parts.stores.at(blob).remove(blob.key);
      removed.push(blob);
    } catch (error) {
      failure = error;
    }
  }
  try {
    await noteRemoved(parts, image, removed);
  } catch (error) {
    failure ??= error;
  }
  if (failure === undefined) return true;
  parts.log.warn({ err: failure, image: image.id }, 'data of a deleted image could not be removed yet');
  return false;
}

async function noteRemoved(parts: ScrubParts, image: Image, removed: readonly StoredBlob[]): Promise<void> {
  const outcome = { freed: 0 };
  const noted = await parts.catalogue.update(image.id, (current) => {
    const scrub = current.scrub.filter((blob) => !removed.some((gone) => isDeepStrictEqual(blob, gone)));
    // Another process may have come first, even while this one tried, and has counted it.
    outcome.freed = 0;
    if (current.scrub_at !== image.scrub_at || current.scrub_tries !== image.scrub_tries) return null;
    const now = parts.clock.now();
    const next = scrub.length === 0 ? finished(current, now) : postponed(current, scrub, now);
    outcome.freed = storedBytes(current) - storedBytes(next);
    return next;
  });
  if (outcome.freed > 0) await parts.quota.release(noted?.image.owner ?? null, outcome.freed);
}

function finished(image: Image, now: string): Image {
  const done = { ...image, scrub: [], scrub_at: null, scrub_tries: 0, message: null };
  return image.status === 'pending_delete' ? { ...done, status: 'deleted', updated_at: now } : done;
}

function postponed(image: Image, scrub: readonly StoredBlob[], now: string): Image {
  const wait = Math.min(BACK_OFF.first * 2 ** image.scrub_tries, BACK_OFF.last);
  return {
    ...image,
    scrub,
    scrub_at: timeAfter(now, wait),
    scrub_tries: image.scrub_tries + 1,
    message: 'The data could not be removed yet.',
  };
}
