import { noSuchImage } from '../domain/access.js';
import { isBeingCopied, placesOf, storeOf, withPlaces } from '../domain/data-places.js';
import type { Caller } from '../domain/identity.js';
import type { Image } from '../domain/image.js';
import { publicImage } from '../domain/public-image.js';
import { RegistryError } from '../errors.js';
import { removeDoomed } from './doomed-blobs.js';
import { actorOf } from './events.js';
import { requireRemovable } from './image-checks.js';
import type { Judge } from './judge.js';
import type { Parts } from './parts.js';

/** Takes away the data that an image has in one of its stores, as long as it has it elsewhere, too. */
export async function removeCopy(
  parts: Parts,
  judge: Judge,
  caller: Caller,
  { id, store }: { readonly id: string; readonly store: string },
): Promise<Image> {
  const { catalogue, clock, events, stores } = parts;
  judge.beforeChange(caller, ['delete_image_location']);
  const name = stores.canonical(store);
  if (name === null) throw new RegistryError('conflict', 'There is no such store.');
  const changed = await catalogue.update(id, (current) => {
    const image = judge.owned(caller, current, ['delete_image_location']);
    if (image.status !== 'active')
      throw new RegistryError('conflict', `Copies of an image that is ${image.status} cannot be removed.`);
    const places = placesOf(image);
    if (places.length < 2)
      throw new RegistryError('forbidden', 'The only copy of the data of an image cannot be removed.');
    const copy = places.find((place) => storeOf(place) === name);
    if (copy === undefined) throw new RegistryError('not_found', 'The image has no data in this store.');
    requireRemovable(parts, copy);
    if (isBeingCopied(image)) throw new RegistryError('conflict', 'The data of this image is being copied.');
    const now = clock.now();
    return {
      ...withPlaces(
        image,
        places.filter((place) => place !== copy),
        now,
      ),
      updated_at: now,
    };
  });
  if (changed === undefined) throw noSuchImage();
  events.tell('image.update', publicImage(changed.image), { by: actorOf(caller) });
  await removeDoomed(parts, changed.image);
  return changed.image;
}
