import { doomed, keptBlobs, type KeptBlob } from './blob-entries.js';
import type { Image, Location, PublicLocation } from './image.js';
import type { Time } from './times.js';

/** Where the whole of an image's data lies: in a store of ours, or at an address elsewhere. */
export type DataPlace =
  | { readonly kind: 'blob'; readonly blob: KeptBlob }
  | { readonly kind: 'location'; readonly location: Location };

/** All places of an image's data, the one to be read first first. */
export function placesOf(image: Pick<Image, 'blobs' | 'locations'>): readonly DataPlace[] {
  const places: readonly DataPlace[] = [
    ...keptBlobs(image).map((blob) => ({ kind: 'blob', blob }) as const),
    ...image.locations.map((location) => ({ kind: 'location', location }) as const),
  ];
  return places.toSorted((one, other) => rankOf(one) - rankOf(other));
}

/** Where a place is, as clients are told where the operator wants that: a blob has an address that means nothing elsewhere. */
export function urlOf(place: DataPlace): string {
  return place.kind === 'blob' ? `image-store://${place.blob.store}/${place.blob.id}` : place.location.url;
}

/** A place as clients are told of it. */
export function publicLocation(place: DataPlace): PublicLocation {
  const store = storeOf(place);
  const metadata = place.kind === 'blob' ? {} : place.location.metadata;
  return { url: urlOf(place), metadata: { ...metadata, ...(store === null ? {} : { store }) } };
}

/** Name of the store; null for an address elsewhere that no store stands for. */
export function storeOf(place: DataPlace): string | null {
  return place.kind === 'blob' ? place.blob.store : (place.location.store ?? null);
}

/** Whether the data is copied to a further store now. */
export function isBeingCopied(image: Pick<Image, 'blobs'>): boolean {
  return image.blobs.some(({ state, purpose }) => state === 'writing' && purpose === 'copy');
}

/**
 * The record with its data in these places alone, in this order; blobs that are not among them are to be removed.
 * @param places some of the image's own, and new locations
 */
export function withPlaces(image: Image, places: readonly DataPlace[], now: Time): Image {
  const ranks = new Map(
    places.flatMap((place, rank) => (place.kind === 'blob' ? [[place.blob.id, rank]] : [])),
  );
  const before = new Set(keptBlobs(image).map(({ id }) => id));
  return {
    ...image,
    blobs: image.blobs.map((blob) => {
      if (!before.has(blob.id)) return blob;
      const rank = ranks.get(blob.id);
      return rank === undefined ? doomed(blob, now) : { ...blob, rank };
    }),
    locations: places.flatMap((place, rank) => (place.kind === 'blob' ? [] : [{ ...place.location, rank }])),
  };
}

/** What was added without a place comes last. */
function rankOf(place: DataPlace): number {
  return (place.kind === 'blob' ? place.blob.rank : place.location.rank) ?? Number.MAX_SAFE_INTEGER;
}
