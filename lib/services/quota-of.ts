import type { BlobEntry, Image } from '../domain/image.js';
import type { Parts } from './parts.js';
import type { StorageQuota } from './storage-quota.js';

/** The quota that a blob counts for. */
export function quotaOf(
  { quota, staging }: Pick<Parts, 'quota' | 'staging'>,
  { purpose }: Pick<BlobEntry, 'purpose'>,
): StorageQuota {
  return purpose === 'staging' ? staging.quota : quota;
}

/**
 * Turns the room that was kept for a blob into the bytes that are stored; a recount does so for what this does not reach.
 * @param written the entry as it was while the blob was written
 */
export async function settleQuota(
  parts: Pick<Parts, 'quota' | 'staging' | 'log'>,
  written: BlobEntry,
  { id, owner }: Image,
  size: number,
): Promise<void> {
  const quota = quotaOf(parts, written);
  try {
    const moved = owner !== written.owner;
    await quota.settle(written.owner, written.id, moved ? 0 : size);
    // An admin has given the image to another project meanwhile.
    if (moved) await quota.release(owner, -size);
  } catch (error) {
    parts.log.warn({ err: error, image: id }, 'the storage of a project is counted later');
  }
}
