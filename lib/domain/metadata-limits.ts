import { RegistryError } from '../errors.js';
import type { Image } from './image.js';
import type { ImageMetadata, MetadataLimits } from './metadata.js';
import { isReservedKey } from './property-keys.js';

/** Largest min_ram and min_disk, as the reference's database holds them. */
const MAX_INTEGER = 2 ** 31 - 1;

/**
 * Refuses what a request asks for beyond the limits, whatever the image has.
 * @throws RegistryError `too_large` for tags, doubles counted; `bad_request` for min_ram and min_disk
 */
export function requireInLimits(
  { tags, ...metadata }: ImageMetadata,
  { imageTagQuota }: MetadataLimits,
): void {
  if (tags !== undefined && tags.length > imageTagQuota) throw tooMany('tags', imageTagQuota, tags.length);
  for (const field of ['min_ram', 'min_disk'] as const) {
    const value = metadata[field] ?? 0;
    if (value < 0 || value > MAX_INTEGER)
      throw new RegistryError('bad_request', `${field} is out of range: 0 to ${MAX_INTEGER}.`);
  }
}

/**
 * Refuses an image that has more than the quotas allow; what it had before it may keep.
 * @param before null for a new one
 * @throws RegistryError `too_large`
 */
export function requireQuotas(
  before: Pick<Image, 'properties' | 'tags'> | null,
  after: Pick<Image, 'properties' | 'tags'>,
  { imagePropertyQuota, imageTagQuota }: MetadataLimits,
): void {
  const properties = propertyCount(after);
  if (properties > imagePropertyQuota && properties > propertyCount(before))
    throw tooMany('properties', imagePropertyQuota, properties);
  if (after.tags.length > imageTagQuota && after.tags.length > (before?.tags.length ?? 0))
    throw tooMany('tags', imageTagQuota, after.tags.length);
}

/** Most bytes of a record as it is stored, in JSON: every listing that shows the image has it in memory. */
const RECORD_SIZE = 256 * 1024;

/**
 * Refuses a record that is larger than any may be; one that is larger already may shrink.
 * @param before null for a new image
 * @throws RegistryError `too_large`
 */
export function requireRecordSize(before: Image | null, after: Image): void {
  const size = sizeOf(after);
  if (size <= RECORD_SIZE || (before !== null && size <= sizeOf(before))) return;
  throw new RegistryError(
    'too_large',
    `The metadata of an image has at most ${RECORD_SIZE} bytes, this image would have ${size}.`,
  );
}

function sizeOf(image: Image): number {
  return Buffer.byteLength(JSON.stringify(image));
}

/** Those that the registry itself has set do not count. */
function propertyCount(image: Pick<Image, 'properties'> | null): number {
  return Object.keys(image?.properties ?? {}).filter((key) => !isReservedKey(key)).length;
}

function tooMany(what: string, quota: number, count: number): RegistryError {
  return new RegistryError(
    'too_large',
    `An image has at most ${quota} ${what}, this one would have ${count}.`,
  );
}
