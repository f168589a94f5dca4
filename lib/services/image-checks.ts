import { isBeingWritten } from '../domain/blob-entries.js';
import type { DataPlace } from '../domain/data-places.js';
import { isDeleted, type Image } from '../domain/image.js';
import type { ImageChanges } from '../domain/metadata.js';
import type { Action } from '../domain/policy/actions.js';
import { tooBig } from '../domain/read-metadata.js';
import { RegistryError } from '../errors.js';
import { remoteOf, type ReadSource } from './image-source.js';
import type { Parts } from './parts.js';

/**
 * Refuses a store that there is not, or that takes no data.
 * @throws RegistryError `bad_request`, `gone`
 */
export function checkStore({ stores }: Pick<Parts, 'stores'>, name: string | undefined): void {
  if (name === undefined) return;
  if (!stores.has(name)) throw new RegistryError('bad_request', 'There is no such store.');
  stores.toWrite(name);
}

/**
 * Refuses to take data away from a store that nothing is removed from.
 * @throws RegistryError `forbidden`
 */
export function requireRemovable({ stores }: Pick<Parts, 'stores'>, place: DataPlace): void {
  if (place.kind === 'blob' && stores.isReadOnly(place.blob.store))
    throw new RegistryError('forbidden', 'This store is read-only: nothing is removed from it.');
}

/**
 * Refuses data that says itself that it is too large.
 * @throws RegistryError `bad_request`
 */
export function checkLength({ limits }: Pick<Parts, 'limits'>, { data }: ReadSource): void {
  if (data !== null && data.length !== null && data.length > limits.imageSizeCap)
    throw tooBig(limits.imageSizeCap);
}

/** What the policy must allow of those who set this metadata, beyond making or changing an image. */
export function actionsFor({ visibility, is_public, changeLocations }: ImageChanges): Action[] {
  const actions: Action[] = [];
  if (visibility === 'community') actions.push('communitize_image');
  else if (visibility === 'public' || is_public === true) actions.push('publicize_image');
  if (changeLocations !== undefined)
    actions.push(changeLocations.op === 'remove' ? 'delete_image_location' : 'set_image_location');
  return actions;
}

/**
 * Refuses to change a deleted image.
 * @throws RegistryError `forbidden`
 */
export function requireLive(image: Image): void {
  if (isDeleted(image)) throw new RegistryError('forbidden', 'A deleted image cannot be changed.');
}

/**
 * Whether an image can take this data.
 * @throws RegistryError `conflict` for data, `bad_request` for a source elsewhere
 */
export function requireReady(image: Image, source: ReadSource): void {
  if (source.data === null && remoteOf(source) === undefined) return;
  if (image.status !== 'queued') {
    if (source.data !== null) throw dataRefused(image);
    throw new RegistryError(
      'bad_request',
      `Only a queued image can get a source, this one is ${image.status}.`,
    );
  }
  // A copy that waits for its turn has claimed it.
  if (isBeingWritten(image)) throw new RegistryError('conflict', 'Data is on its way to this image.');
}

/**
 * Refuses a new image that its project has no room for.
 * @throws RegistryError `too_large`
 */
export async function checkImageCount(
  { catalogue, limits }: Pick<Parts, 'catalogue' | 'limits'>,
  owner: string | null,
): Promise<void> {
  if (owner === null || owner === '' || limits.imageCountQuota === 0) return;
  const count = await catalogue.countOwned(owner, limits.imageCountQuota);
  if (count >= limits.imageCountQuota)
    throw new RegistryError('too_large', `A project has at most ${limits.imageCountQuota} images.`);
}

/**
 * Refuses data that its project has no room for.
 * @param size bytes, as far as anybody has said
 * @throws RegistryError `too_large`
 */
export async function checkRoom(
  { quota }: Pick<Parts, 'quota'>,
  owner: string | null,
  size: number | null,
  { data, copyFrom }: ReadSource,
): Promise<void> {
  if (data !== null || copyFrom !== undefined) await quota.check(owner, data?.length ?? size ?? 1);
}

/**
 * The size that the source tells counts where the client tells none.
 * @param before what the client has told earlier
 */
export function sizeOf(
  given: number | undefined,
  asked: number | null,
  before: number | null,
): { readonly size?: number } {
  return given === undefined && before === null && asked !== null ? { size: asked } : {};
}

/** The answer to data for an image that has some, or never will. */
export function dataRefused(image: Image): RegistryError {
  return new RegistryError(
    'conflict',
    `Data can only be uploaded to a queued image, this one is ${image.status}.`,
  );
}
