import { placesOf, storeOf } from './data-places.js';
import type { Image, PublicImage } from './image.js';

/** What may leave the registry of an image. */
export function publicImage(image: Image): PublicImage {
  const {
    locations: _locations,
    blobs: _blobs,
    store: _store,
    members: _members,
    memberOrder: _order,
    tasks: _tasks,
    ...shown
  } = image;
  const stores = placesOf(image).map(storeOf);
  return { ...shown, stores: stores.filter((store) => store !== null) };
}
