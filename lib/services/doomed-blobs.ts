import { firstDue } from '../domain/blob-entries.js';
import { firstChore } from '../domain/image-chores.js';
import type { BlobEntry, Image } from '../domain/image.js';
import { TASKS_KEPT, withExpiriesNear } from '../domain/image-tasks.js';
import { timeAfter, type Time } from '../domain/times.js';
import type { Parts } from './parts.js';
import { quotaOf } from './quota-of.js';

/** Milliseconds before a failed removal is tried again: doubled each time, from the first to the last. */
const BACK_OFF = { first: 30_000, last: 6 * 3_600_000 };

/** Milliseconds that the clocks of those who share a catalogue may differ, generously. */
const CLOCKS_DIFFER = 24 * 3_600_000;

type WaitParts = Pick<Parts, 'catalogue' | 'clock' | 'leaseTime' | 'scrubDelay' | 'staging'>;
type DoomedParts = Pick<Parts, 'catalogue' | 'stores' | 'quota' | 'staging' | 'clock' | 'log'>;

/**
 * Removes the blobs of an image that are doomed and due; with the last of them a `pending_delete` image becomes `deleted`. What cannot be removed now
 * stays in the record and is tried again later. Safe in several processes.
 *
 * @returns whether all that was due is removed
 */
export async function removeDoomed(parts: DoomedParts, image: Image): Promise<boolean> {
  const now = parts.clock.now();
  const due = image.blobs.filter((blob) => blob.state === 'doomed' && blob.due !== null && blob.due <= now);
  if (due.length === 0) return true;
  const removed: BlobEntry[] = [];
  let failure: unknown;
  for (const blob of due) {
    try {
      const store = parts.stores.at(blob);
      // What was never whole has no location.
      await (blob.location === null ? store.discard(blob.key) : store.remove(blob.location));
      // An upload that was never finished keeps no room; doing that twice does no harm.
      if (blob.location === null) await quotaOf(parts, blob).settle(blob.owner, blob.id, 0);
      removed.push(blob);
    } catch (error) {
      failure = error;
    }
  }
  try {
    await noteRemoved(parts, image.id, due, new Set(removed.map(({ id }) => id)));
  } catch (error) {
    failure ??= error;
  }
  if (failure === undefined) return true;
  parts.log.warn({ err: failure, image: image.id }, 'data that nobody needs could not be removed yet');
  return false;
}

/**
 * The time after which no removal is due that was put off by a clock that is right. What is, a clock that had jumped ahead has put off.
 * @param parts `leaseTime`, `scrubDelay` and `staging` are what a removal is put off for but for its failures
 */
export function latestDue({ clock, leaseTime, scrubDelay, staging }: WaitParts): Time {
  const longest = Math.max(BACK_OFF.last, leaseTime, scrubDelay ?? 0, staging.keep, TASKS_KEPT);
  return timeAfter(clock.now(), longest + CLOCKS_DIFFER);
}

/** Puts off anew what is to be removed of an image after `latest`: for as long as a removal waits at first. */
export async function bringNear(parts: WaitParts, id: string, latest: Time): Promise<void> {
  const { catalogue, clock, leaseTime, scrubDelay, staging } = parts;
  await catalogue.update(id, (image) => {
    if ((firstChore(image) ?? '') <= latest) return null;
    const now = clock.now();
    const wait = { doomed: Math.max(leaseTime, scrubDelay ?? 0), staged: staging.keep };
    const blobs = image.blobs.map((blob) => {
      if (blob.due === null || blob.due <= latest) return blob;
      return { ...blob, due: timeAfter(now, blob.state === 'doomed' ? wait.doomed : wait.staged) };
    });
    return withExpiriesNear({ ...image, blobs }, latest, now);
  });
}

async function noteRemoved(
  parts: DoomedParts,
  id: string,
  tried: readonly BlobEntry[],
  removed: ReadonlySet<string>,
): Promise<void> {
  const outcome: { freed: readonly BlobEntry[] } = { freed: [] };
  await parts.catalogue.update(id, (image) => {
    const now = parts.clock.now();
    // Another process may have come first: whoever takes the entry out has freed its bytes.
    const gone = image.blobs.filter((blob) => removed.has(blob.id));
    const failed = tried.filter((blob) => !removed.has(blob.id) && isUnchanged(image, blob));
    outcome.freed = gone;
    if (gone.length + failed.length === 0) return null;
    const blobs = image.blobs
      .filter((blob) => !removed.has(blob.id))
      .map((blob) => (failed.some((one) => one.id === blob.id) ? postponed(blob, now) : blob));
    return finished({ ...image, blobs }, now);
  });
  for (const blob of outcome.freed)
    if (blob.location !== null) await quotaOf(parts, blob).release(blob.owner, blob.reserved);
}

function isUnchanged(image: Image, tried: BlobEntry): boolean {
  return image.blobs.some(
    ({ id, due, tries }) => id === tried.id && due === tried.due && tries === tried.tries,
  );
}

function postponed(blob: BlobEntry, now: Time): BlobEntry {
  const wait = Math.min(BACK_OFF.first * 2 ** blob.tries, BACK_OFF.last);
  return { ...blob, due: timeAfter(now, wait), tries: blob.tries + 1 };
}

function finished(image: Image, now: Time): Image {
  if (image.status !== 'pending_delete' || firstDue(image) !== null) return image;
  return { ...image, status: 'deleted', updated_at: now };
}
