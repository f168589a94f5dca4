import { RegistryError } from '../errors.js';
import { VISIBILITIES } from './image.js';
import type { ImageChanges, ImageMetadata, MetadataLimits } from './metadata.js';
import { locationChange } from './read-location-change.js';
import {
  boolean,
  integer,
  isObject,
  lengthOf,
  oneOf,
  orNull,
  readObject,
  refuse,
  text,
  time,
  uuid,
  type Reader,
  type Readers,
} from './readers.js';
import { parseUuid } from './uuid.js';

const bytes: Reader = (value, name) => {
  if (!Number.isSafeInteger(value) || Number(value) < 0)
    throw refuse(name, 'must be a whole number of bytes, 0 or more');
  return value;
};

const size: Reader<MetadataLimits> = (value, name, { imageSizeCap }) => {
  bytes(value, name, null);
  if (Number(value) > imageSizeCap) throw tooBig(imageSizeCap);
  return value;
};

const format =
  (formats: 'diskFormats' | 'containerFormats'): Reader<MetadataLimits> =>
  (value, name, limits) =>
    oneOf(limits[formats])(value, name, null);

/** A set; doubles are left in, because a quota counts them. */
const tags: Reader = (value, name) => {
  if (!Array.isArray(value)) throw refuse(name, 'must be a list of strings');
  return value.map((tag: unknown) => text(255)(tag, 'a tag', null));
};

const properties: Reader = (value, name) => {
  if (!isObject(value)) throw refuse(name, 'must be an object of strings');
  for (const [key, one] of Object.entries(value)) {
    if (key === '' || lengthOf(key) > 255)
      throw new RegistryError('bad_request', `The key of a property has 1 to 255 characters: '${key}'.`);
    if (one !== null && typeof one !== 'string') throw refuse(`Property ${key}`, 'must be a string');
  }
  // Not a copy by assignment: `__proto__` is a key like any other.
  return Object.fromEntries(Object.entries(value));
};

const keys: Reader = (value, name) => {
  if (!Array.isArray(value)) throw refuse(name, 'must be a list of keys');
  return value.map((key: unknown) => text()(key, 'a key', null));
};

const METADATA: Readers<ImageMetadata, MetadataLimits> = {
  id: uuid,
  name: orNull(text(255)),
  visibility: oneOf(VISIBILITIES),
  is_public: boolean,
  hidden: boolean,
  protected: boolean,
  disk_format: orNull(format('diskFormats')),
  container_format: orNull(format('containerFormats')),
  size,
  virtual_size: orNull(bytes),
  checksum: orNull(text(32)),
  min_ram: integer,
  min_disk: integer,
  owner: orNull(text(255)),
  tags,
  properties,
  store: text(255),
  created_at: time,
  updated_at: time,
  deleted_at: time,
};

/** An id that an image cannot have is just another one than it has. */
const anyId: Reader = (value, name) => parseUuid(text()(value, name, null) as string) ?? value;

const CHANGES: Readers<ImageChanges, MetadataLimits> = {
  ...METADATA,
  id: anyId,
  status: text(),
  purgeProperties: boolean,
  removeProperties: keys,
  changeLocations: locationChange,
};

/**
 * Reads the metadata of a new image, from whomever it comes. That min_ram, min_disk and quotas are kept is asked later, when it is known
 * that the caller may do this at all.
 * @returns it with ids and times in the form that records have
 * @throws RegistryError `bad_request` naming the attribute
 */
export function readMetadata(given: unknown, limits: MetadataLimits): ImageMetadata {
  return inOneWord(readObject(METADATA, given, 'The metadata', limits));
}

/** As `readMetadata`, for an image that is there. */
export function readChanges(given: unknown, limits: MetadataLimits): ImageChanges {
  return inOneWord(readObject(CHANGES, given, 'The metadata', limits));
}

function inOneWord<T extends ImageMetadata>(metadata: T): T {
  if (metadata.visibility !== undefined && metadata.is_public !== undefined)
    throw new RegistryError('bad_request', 'Give either visibility or is_public, not both.');
  return metadata;
}

/** The answer to data that is larger than any image may be. */
export function tooBig(cap: number): RegistryError {
  return new RegistryError('bad_request', `An image has at most ${cap} bytes.`);
}
