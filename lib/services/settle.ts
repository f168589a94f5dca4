import type { Lease } from '../catalogue/lease-book.js';
import { isDeleted, type Image } from '../domain/image.js';
import type { Parts } from './parts.js';

/**
 * Ends an attempt that will not go on: its image, if still claimed by it, is killed; its bytes are removed unless they became the image's;
 * then the lease goes. Any process may do it, and doing it twice or stopping midway does no harm.
 *
 * @param message for the image's owner: why the data never came
 * @throws RegistryError of the catalogue or the store; then the lease is still there for another try
 */
export async function settle(
  parts: Pick<Parts, 'catalogue' | 'leases' | 'stores' | 'quota' | 'clock'>,
  lease: Lease,
  message: string,
): Promise<void> {
  const { catalogue, leases, stores, quota, clock } = parts;
  await catalogue.update(lease.image, (image) =>
    image.attempt === lease.attempt && (image.status === 'saving' || image.status === 'queued')
      ? { ...image, status: 'killed', attempt: null, message, updated_at: clock.now() }
      : null,
  );
  const current = await catalogue.get(lease.image);
  if (owns(current?.image, lease)) await settleQuota(quota, lease, current?.image ?? null);
  else {
    await stores.at(lease).discard(lease.key);
    await settleQuota(quota, lease, null);
  }
  await leases.remove(lease.attempt);
}

/**
 * Turns the room that an upload kept into the bytes that it has stored, or gives it back.
 * @param image the image that has the data now; null when nothing was stored
 */
export async function settleQuota(
  quota: Parts['quota'],
  lease: Lease,
  image: Pick<Image, 'owner' | 'size'> | null,
): Promise<void> {
  const bytes = image?.size ?? 0;
  const moved = image !== null && image.owner !== lease.owner;
  await quota.settle(lease.owner, lease.attempt, moved ? 0 : bytes);
  // An admin has given the image to another project meanwhile.
  if (moved) await quota.release(image.owner, -bytes);
}

/** Whether the attempt succeeded, so that its bytes are the image's data. */
function owns(image: Image | undefined, lease: Lease): boolean {
  return (
    image !== undefined && !isDeleted(image) && image.attempt === lease.attempt && image.locations.length > 0
  );
}
