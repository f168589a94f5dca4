import { RegistryError } from '../errors.js';
import type { Caller } from './identity.js';
import type { Image } from './image.js';
import type { ImageChanges, ImageMetadata } from './metadata.js';
import type { Properties } from './property-protections-change.js';
import type { Time } from './times.js';

/** What only admins set. */
const OF_ADMINS = ['owner', 'created_at', 'updated_at', 'deleted_at'] as const;

/** What a new image is made of, all of it checked. */
export interface NewImage {
  readonly id: string;
  readonly metadata: ImageMetadata;
  readonly caller: Caller;
  /** All that the image has. */
  readonly properties: Properties;
  /** Whether data is brought along. */
  readonly hasSource: boolean;
  readonly now: Time;
}

/** The record of a new image. */
export function newImage({ id, metadata, caller, properties, hasSource, now }: NewImage): Image {
  const blank: Image = {
    id,
    name: null,
    // The only size that is known to be whole without data.
    status: metadata.size === 0 && !hasSource ? 'active' : 'queued',
    visibility: 'shared',
    hidden: false,
    owner: caller.project,
    protected: false,
    disk_format: null,
    container_format: null,
    size: null,
    virtual_size: null,
    checksum: null,
    os_hash_algo: null,
    os_hash_value: null,
    min_ram: 0,
    min_disk: 0,
    tags: [],
    properties: {},
    members: [],
    blobs: [],
    locations: [],
    store: null,
    message: null,
    created_at: now,
    updated_at: now,
    deleted_at: null,
  };
  return withMetadata(blank, metadata, properties);
}

/**
 * The record of an image after an update.
 * @param properties all that the image has afterwards
 * @throws RegistryError `forbidden` for what may not change
 */
export function changedImage(
  image: Image,
  changes: ImageChanges,
  caller: Caller,
  properties: Properties,
): Image {
  // OSSA-2015-019: neither id nor status may ever be changed through metadata, whoever asks.
  if (changes.id !== undefined && changes.id !== image.id)
    throw new RegistryError('forbidden', 'The id of an image cannot be changed.');
  if (changes.status !== undefined && changes.status !== image.status)
    throw new RegistryError('forbidden', 'The status of an image cannot be set.');
  if (!caller.admin && (image.status === 'active' || image.status === 'deactivated')) {
    for (const field of ['size', 'checksum'] as const)
      if (changes[field] !== undefined && changes[field] !== image[field])
        throw new RegistryError('forbidden', `The ${field} of an image with data cannot be changed.`);
  }
  return withMetadata(image, changes, properties);
}

/**
 * Refuses others than admins what only admins set.
 * @throws RegistryError `forbidden`
 */
export function requireOwnFields(caller: Caller, metadata: ImageMetadata, isNew: boolean): void {
  if (caller.admin) return;
  for (const field of OF_ADMINS) {
    const value = metadata[field];
    // Everybody's new images belong to their own project.
    if (value === undefined || (isNew && field === 'owner' && value === caller.project)) continue;
    throw new RegistryError('forbidden', `Only an admin can set ${field}.`);
  }
}

/** The metadata without what only admins set, as far as the caller is none: what the Images API v1 leaves out without a word. */
export function ownFields<T extends ImageMetadata>(caller: Caller, metadata: T): T {
  if (caller.admin) return metadata;
  return { ...metadata, ...Object.fromEntries(OF_ADMINS.map((field) => [field, undefined])) };
}

/**
 * Refuses formats, their own values too, for an image whose data was taken for something else.
 * @throws RegistryError `forbidden`
 */
export function requireFormatsFree({ status }: Image, changes: ImageMetadata): void {
  if (status === 'queued' || status === 'importing') return;
  for (const field of ['disk_format', 'container_format'] as const)
    if (changes[field] !== undefined)
      throw new RegistryError('forbidden', `The ${field} of an image that is ${status} cannot be changed.`);
}

/** The formats that data needs; throws when one is missing. */
export function requireFormats(image: Image): void {
  for (const field of ['disk_format', 'container_format'] as const)
    if (image[field] === null)
      throw new RegistryError('bad_request', `An image with data needs a ${field}, this one has none.`);
}

function withMetadata(image: Image, metadata: ImageMetadata, properties: Properties): Image {
  return {
    ...image,
    name: metadata.name === undefined ? image.name : metadata.name,
    visibility: metadata.visibility ?? visibilityOf(image, metadata.is_public),
    hidden: metadata.hidden ?? image.hidden,
    protected: metadata.protected ?? image.protected,
    disk_format: metadata.disk_format === undefined ? image.disk_format : metadata.disk_format,
    container_format:
      metadata.container_format === undefined ? image.container_format : metadata.container_format,
    size: metadata.size ?? image.size,
    virtual_size: metadata.virtual_size === undefined ? image.virtual_size : metadata.virtual_size,
    checksum: metadata.checksum === undefined ? image.checksum : metadata.checksum,
    min_ram: metadata.min_ram ?? image.min_ram,
    min_disk: metadata.min_disk ?? image.min_disk,
    tags: metadata.tags === undefined ? image.tags : [...new Set(metadata.tags)],
    store: metadata.store ?? image.store,
    owner: metadata.owner === undefined ? image.owner : metadata.owner,
    created_at: metadata.created_at ?? image.created_at,
    updated_at: metadata.updated_at ?? image.updated_at,
    deleted_at: metadata.deleted_at ?? image.deleted_at,
    properties,
  };
}

function visibilityOf(image: Image, isPublic: boolean | undefined): Image['visibility'] {
  if (isPublic === undefined) return image.visibility;
  if (isPublic) return 'public';
  return image.visibility === 'public' ? 'shared' : image.visibility;
}
