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
  parts: Pick<Parts, 'catalogue' | 'leases' | 'stores' | 'clock'>,
  lease: Lease,
  message: string,
): Promise<void> {
  const { catalogue, leases, stores, clock } = parts;
  await catalogue.update(lease.image, (image) =>
    image.attempt === lease.attempt && image.status === 'saving'
      ? { ...image, status: 'killed', attempt: null, message, updated_at: clock.now() }
      : null,
  );
  const current = await catalogue.get(lease.image);
  if (!owns(current?.image, lease)) await stores.at(lease).discard(lease.key);
  await leases.remove(lease.attempt);
}

/** Whether the attempt succeeded, so that its bytes are the image's data. */
function owns(image: Image | undefined, lease: Lease): boolean {
  return (
    image !== undefined && !isDeleted(image) && image.attempt === lease.attempt && image.locations.length > 0
  );
}
