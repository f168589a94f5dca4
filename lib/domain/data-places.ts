import { keptBlobs, type KeptBlob } from './blob-entries.js';
import type { Image, Location } from './image.js';

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

/** Name of the store; null for an address elsewhere that no store stands for. */
export function storeOf(place: DataPlace): string | null {
  return place.kind === 'blob' ? place.blob.store : (place.location.store ?? null);
}

/** What was added without a place comes last. */
function rankOf(place: DataPlace): number {
  return (place.kind === 'blob' ? place.blob.rank : place.location.rank) ?? Number.MAX_SAFE_INTEGER;
}
