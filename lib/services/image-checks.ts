import { isBeingWritten } from '../domain/blob-entries.js';
import type { Caller } from '../domain/identity.js';
import { isDeleted, type Image } from '../domain/image.js';
import type { ImageMetadata } from '../domain/metadata.js';
import { RegistryError } from '../errors.js';
import { remoteOf, type ImageSource } from './image-source.js';
import type { Parts } from './parts.js';

/**
 * What can be refused of a request before anything is read or written.
 * @throws RegistryError `bad_request`
 */
export function checkRequest(
  { limits, stores }: Pick<Parts, 'limits' | 'stores'>,
  metadata: ImageMetadata,
  { data }: ImageSource,
): void {
  if (metadata.store !== undefined && !stores.has(metadata.store))
    throw new RegistryError('bad_request', 'There is no such store.');
  if (data?.length != null && data.length > limits.imageSizeCap)
    throw new RegistryError('bad_request', `An image may have ${limits.imageSizeCap} bytes.`);
}

/**
 * Whether an image that the caller may change may be changed so.
 * @throws RegistryError `forbidden`, `bad_request`, `conflict`
 */
export function checkUpdate(
  parts: Pick<Parts, 'access' | 'limits' | 'stores'>,
  caller: Caller,
  image: Image,
  metadata: ImageMetadata,
  source: ImageSource,
): void {
  if (isDeleted(image)) throw new RegistryError('forbidden', 'A deleted image cannot be changed.');
  checkRequest(parts, metadata, source);
  if (image.status !== 'queued') {
    if (remoteOf(source) !== undefined)
      throw new RegistryError('bad_request', `A source is for a queued image, this one is ${image.status}.`);
    if (source.data != null) throw dataRefused(image);
  }
  // A copy that waits for its turn has claimed it.
  if (isBeingWritten(image) && (source.data != null || remoteOf(source) !== undefined))
    throw new RegistryError('conflict', 'Data is on its way to this image.');
  checkPermissions(parts, caller, image, metadata, source);
}

/**
 * Asks the policy about what goes beyond plain metadata.
 * @throws RegistryError `forbidden`
 */
export function checkPermissions(
  { access }: Pick<Parts, 'access'>,
  caller: Caller,
  image: Image,
  metadata: ImageMetadata,
  { data }: ImageSource,
): void {
  if (metadata.is_public === true) access.require('publicize_image', caller, image);
  if (data != null) access.require('upload_image', caller, image);
}

/**
 * Refuses a new image that its project has no room for.
 * @param bytes of its data, null when that is not known
 * @throws RegistryError `too_large`
 */
export async function checkQuotas(
  { catalogue, limits, quota }: Pick<Parts, 'catalogue' | 'limits' | 'quota'>,
  image: Image,
  bytes: number | null,
  source: ImageSource,
): Promise<void> {
  if (image.owner === null) return;
  if (limits.imageCountQuota > 0) {
    const count = await catalogue.countOwned(image.owner, limits.imageCountQuota);
    if (count >= limits.imageCountQuota)
      throw new RegistryError('too_large', `A project may have ${limits.imageCountQuota} images.`);
  }
  if (source.data != null || source.copyFrom !== undefined) await quota.check(image.owner, bytes ?? 1);
}

/**
 * The size that the source tells counts where the client tells none.
 * @param before what the client has told earlier
 */
export function sizeOf(
  metadata: ImageMetadata,
  asked: number | null,
  before: number | null,
): { readonly size?: number } {
  return metadata.size === undefined && before === null && asked !== null ? { size: asked } : {};
}

/** The answer to data for an image that has some, or never will. */
export function dataRefused(image: Image): RegistryError {
  return new RegistryError('conflict', `Data goes to a queued image, this one is ${image.status}.`);
}
