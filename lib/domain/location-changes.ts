import { isDeepStrictEqual } from 'node:util';
import { RegistryError } from '../errors.js';
import { isBeingWritten } from './blob-entries.js';
import { isBeingCopied, placesOf, urlOf, withPlaces, type DataPlace } from './data-places.js';
import { requireFormats } from './image-rules.js';
import type { Image } from './image.js';
import type { LocationChange, NewLocation, Position } from './new-location.js';
import type { Time } from './times.js';
import { validatedImage } from './validation-data.js';

/** What such a change works with. */
export interface LocationRules {
  /** Checks the text of an address: RegistryError `bad_request`. */
  readonly check: (url: string) => void;
  /** Bytes that are there; null: that is not known yet, and does not matter. */
  readonly sizeAt: (url: string) => number | null;
  /** Refuses to take data away from a place that nothing is removed from. */
  readonly requireRemovable: (place: DataPlace) => void;
  /** Name of the store that stands for data elsewhere. */
  readonly store: string | null;
  /** Most places of an image's data. */
  readonly quota: number;
  /** Digest that is known besides md5. */
  readonly hashAlgorithm: string;
  readonly now: Time;
}

/**
 * The record after a change of its places. The first one makes a queued image active; blobs that are not named any more are to be removed.
 * @throws RegistryError `conflict` for the status, or for what is known of the data; `bad_request`, `forbidden` for the last place, `too_large`
 */
export function withLocationChange(image: Image, change: LocationChange, rules: LocationRules): Image {
  requireStatus(image, change.op === 'remove' ? ['active'] : ['active', 'queued']);
  switch (change.op) {
    case 'add':
      return added(image, change.location, change.at, rules);
    case 'replace':
      return replaced(image, change.locations, rules);
    case 'remove':
      return removed(image, change.at, rules);
  }
}

function requireStatus(image: Image, statuses: readonly string[]): void {
  if (!statuses.includes(image.status))
    throw new RegistryError(
      'conflict',
      `The locations of an image that is ${image.status} cannot be changed like this.`,
    );
  // A copy that waits for its turn has claimed it.
  if (isBeingWritten(image)) throw new RegistryError('conflict', 'Data is on its way to this image.');
}

function added(
  image: Image,
  { url, metadata = {}, validation }: NewLocation,
  at: Position,
  rules: LocationRules,
): Image {
  const { store, quota, now } = rules;
  rules.check(url);
  const valid = validation === undefined ? image : validatedImage(image, validation, rules.hashAlgorithm);
  const places = [...placesOf(image)];
  const index = at === 'end' ? places.length : at;
  if (index > places.length) throw noSuchPlace();
  const location = {
    url,
    metadata: withoutStore(metadata),
    status: 'active',
    ...(store === null ? {} : { store }),
  } as const;
  requireNew(places, location);
  if (places.length >= quota)
    throw new RegistryError('too_large', `An image has at most ${quota} locations.`);
  requireFormats(image);
  const sized = { ...valid, size: sizeOf(image, rules.sizeAt(url)), status: 'active' } as const;
  places.splice(index, 0, { kind: 'location', location });
  return withPlaces(sized, places, now);
}

/** Gives an image its first places, or those that it has another order and other metadata. */
function replaced(image: Image, wanted: readonly NewLocation[], rules: LocationRules): Image {
  if (wanted.length === 0)
    throw new RegistryError('forbidden', 'The locations of an image cannot all be removed at once.');
  const left = [...placesOf(image)];
  if (left.length === 0) return wanted.reduce((next, location) => added(next, location, 'end', rules), image);
  const places: DataPlace[] = [];
  for (const { url, metadata = {} } of wanted) {
    const index = left.findIndex((place) => urlOf(place) === url);
    const [place] = index === -1 ? [] : left.splice(index, 1);
    if (place === undefined) throw otherPlaces();
    const kept = place.kind === 'blob' ? place : withMetadata(place, metadata);
    if (kept.kind === 'location') requireNew(places, kept.location);
    places.push(kept);
  }
  if (left.length > 0) throw otherPlaces();
  return withPlaces(image, places, rules.now);
}

function removed(image: Image, at: Position, rules: LocationRules): Image {
  const places = placesOf(image);
  if (places.length === 1)
    throw new RegistryError('forbidden', 'The only location of an image cannot be removed.');
  const index = at === 'end' ? places.length - 1 : at;
  const place = places[index];
  if (place === undefined) throw noSuchPlace();
  if (isBeingCopied(image)) throw new RegistryError('conflict', 'The data of this image is being copied.');
  rules.requireRemovable(place);
  return withPlaces(
    image,
    places.filter((one) => one !== place),
    rules.now,
  );
}

function withMetadata(
  { location }: Extract<DataPlace, { kind: 'location' }>,
  metadata: Readonly<Record<string, unknown>>,
): DataPlace {
  return { kind: 'location', location: { ...location, metadata: withoutStore(metadata) } };
}

/** Clients send back what they were shown. */
function withoutStore(metadata: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== 'store'));
}

function requireNew(
  places: readonly DataPlace[],
  { url, metadata }: { readonly url: string; readonly metadata: object },
): void {
  const isThere = places.some(
    (place) =>
      place.kind === 'location' &&
      place.location.url === url &&
      isDeepStrictEqual(place.location.metadata, metadata),
  );
  if (isThere) throw new RegistryError('bad_request', 'The image already has this location.');
}

/** What lies elsewhere must be what the image has. */
function sizeOf({ size }: Image, found: number | null): number | null {
  if (found === null) return size;
  if (found === 0) throw new RegistryError('bad_request', 'There is no data at this address.');
  if (size !== null && size !== found)
    throw new RegistryError(
      'bad_request',
      `The size does not match: the image has ${size} bytes, this address ${found}.`,
    );
  return found;
}

function noSuchPlace(): RegistryError {
  return new RegistryError('bad_request', 'The image has no location at this position.');
}

function otherPlaces(): RegistryError {
  return new RegistryError('bad_request', 'The locations of an image with data can only be reordered.');
}
