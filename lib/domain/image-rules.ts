import { RegistryError } from '../errors.js';
import type { Caller } from './identity.js';
import type { Image } from './image.js';
import { AMAZON_FORMATS, type ImageMetadata, type MetadataLimits } from './metadata.js';
import type { Properties } from './property-protections-change.js';
import type { Time } from './times.js';

/** Largest min_ram and min_disk, as the reference's database holds them. */
const MAX_INTEGER = 2 ** 31 - 1;

/**
 * The record of a new image.
 * @param properties all that the image has
 * @param hasSource whether its data comes from elsewhere
 * @throws RegistryError `bad_request`, `too_large`
 */
export function newImage(
  id: string,
  metadata: ImageMetadata,
  caller: Caller,
  limits: MetadataLimits,
  now: Time,
  properties: Properties,
  hasSource: boolean,
): Image {
  checkValues(metadata, limits);
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
    store: metadata.store ?? null,
    message: null,
    created_at: now,
    updated_at: now,
    deleted_at: null,
  };
  return withMetadata(blank, metadata, caller, limits, properties);
}

/**
 * The record of an image after an update.
 * @param properties all that the image has afterwards
 * @throws RegistryError `bad_request`, `forbidden`, `too_large`
 */
export function changedImage(
  image: Image,
  metadata: ImageMetadata,
  caller: Caller,
  limits: MetadataLimits,
  now: Time,
  properties: Properties,
): Image {
  checkValues(metadata, limits);
  // OSSA-2015-019: neither id nor status may ever be changed through metadata, whoever asks.
  if (metadata.id !== undefined && metadata.id !== image.id)
    throw new RegistryError('forbidden', 'The id of an image cannot be changed.');
  if (metadata.status !== undefined && metadata.status !== image.status)
    throw new RegistryError('forbidden', 'The status of an image cannot be set.');
  if (!caller.admin && (image.status === 'active' || image.status === 'deactivated')) {
    for (const field of ['size', 'checksum'] as const)
      if (metadata[field] !== undefined && metadata[field] !== image[field])
        throw new RegistryError('forbidden', `The ${field} of an image with data cannot be changed.`);
  }
  return withMetadata({ ...image, updated_at: now }, metadata, caller, limits, properties);
}

/** The formats that data needs; throws when one is missing. */
export function requireFormats(image: Image): void {
  for (const field of ['disk_format', 'container_format'] as const)
    if (image[field] === null)
      throw new RegistryError('bad_request', `An image with data needs a ${field}, this one has none.`);
}

function withMetadata(
  image: Image,
  metadata: ImageMetadata,
  caller: Caller,
  limits: MetadataLimits,
  properties: Properties,
): Image {
  const count = Object.keys(properties).length;
  if (count > limits.imagePropertyQuota && count > Object.keys(image.properties).length)
    throw new RegistryError(
      'too_large',
      `An image may have ${limits.imagePropertyQuota} properties, this one would have ${count}.`,
    );
  return {
    ...image,
    ...withFormats(image, metadata),
    name: metadata.name === undefined ? image.name : metadata.name,
    visibility: visibilityOf(image, metadata.is_public),
    protected: metadata.protected ?? image.protected,
    size: metadata.size ?? image.size,
    virtual_size: metadata.virtual_size === undefined ? image.virtual_size : metadata.virtual_size,
    checksum: metadata.checksum === undefined ? image.checksum : metadata.checksum,
    min_ram: metadata.min_ram ?? image.min_ram,
    min_disk: metadata.min_disk ?? image.min_disk,
    properties,
    ...(caller.admin ? adminFields(metadata) : {}),
  };
}

/** The fields that only an admin sets; from others they are ignored. */
function adminFields(metadata: ImageMetadata): Partial<Image> {
  return {
    ...(metadata.owner === undefined ? {} : { owner: metadata.owner }),
    ...(metadata.created_at === undefined ? {} : { created_at: metadata.created_at }),
    ...(metadata.updated_at === undefined ? {} : { updated_at: metadata.updated_at }),
    ...(metadata.deleted_at === undefined ? {} : { deleted_at: metadata.deleted_at }),
  };
}

function visibilityOf(image: Image, isPublic: boolean | undefined): Image['visibility'] {
  if (isPublic === undefined) return image.visibility;
  if (isPublic) return 'public';
  return image.visibility === 'public' ? 'shared' : image.visibility;
}

/** When either format is ami, ari or aki the other must be the same, and is filled in when absent. */
function withFormats(image: Image, metadata: ImageMetadata): Pick<Image, 'disk_format' | 'container_format'> {
  let disk_format = metadata.disk_format ?? image.disk_format;
  let container_format = metadata.container_format ?? image.container_format;
  if (container_format !== null && AMAZON_FORMATS.includes(container_format))
    disk_format ??= container_format;
  if (disk_format !== null && AMAZON_FORMATS.includes(disk_format)) container_format ??= disk_format;
  const amazon = [disk_format, container_format].some((format) => AMAZON_FORMATS.includes(format ?? ''));
  if (amazon && disk_format !== container_format)
    throw new RegistryError(
      'bad_request',
      'With a disk_format or container_format of ami, ari or aki, both must be the same.',
    );
  return { disk_format, container_format };
}

function checkValues(metadata: ImageMetadata, limits: MetadataLimits): void {
  const { name, checksum, disk_format, container_format, size } = metadata;
  // Characters, not UTF-16 units, as the reference counts.
  if (name != null && Array.from(name).length > 255)
    throw new RegistryError('bad_request', 'The name of an image may have 255 characters.');
  if (checksum != null && checksum.length > 32)
    throw new RegistryError('bad_request', 'A checksum may have 32 characters.');
  if (disk_format !== undefined && !limits.diskFormats.includes(disk_format))
    throw new RegistryError(
      'bad_request',
      `Unknown disk_format, known are ${limits.diskFormats.join(', ')}.`,
    );
  if (container_format !== undefined && !limits.containerFormats.includes(container_format))
    throw new RegistryError(
      'bad_request',
      `Unknown container_format, known are ${limits.containerFormats.join(', ')}.`,
    );
  for (const field of ['min_ram', 'min_disk'] as const) {
    const value = metadata[field] ?? 0;
    if (value < 0 || value > MAX_INTEGER)
      throw new RegistryError('bad_request', `${field} is out of range: 0 to ${MAX_INTEGER}.`);
  }
  if (size !== undefined && size > limits.imageSizeCap)
    throw new RegistryError('bad_request', `An image may have ${limits.imageSizeCap} bytes.`);
}
