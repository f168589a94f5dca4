import { RegistryError } from '../errors.js';
import type { Caller } from './identity.js';
import { isDeleted, takesMembers, type Image } from './image.js';

/** Whether a caller may know of an image that is not deleted. */
function canSee(caller: Caller, image: Image): boolean {
  if (caller.admin) return true;
  if (image.visibility === 'public' || image.visibility === 'community') return true;
  return isOwner(caller, image) || isMember(caller, image);
}

/** Whether the image belongs to the caller's project. An image without an owner belongs to nobody. */
export function isOwner(caller: Caller, image: Image): boolean {
  return image.owner !== null && image.owner === caller.project;
}

/** Whether the image is shared with the caller's project. */
function isMember(caller: Caller, image: Image): boolean {
  return takesMembers(image) && image.members.some((member) => member.id === caller.project);
}

/** Whether the caller may change an image that it sees. */
export function canChange(caller: Caller, image: Image): boolean {
  return caller.admin || isOwner(caller, image);
}

/**
 * Gives the image back when the caller may know of it.
 * @param showsDeleted whether admins may know of deleted ones
 * @throws RegistryError `not_found`, the same whether the image is hidden from the caller or does not exist
 */
export function visibleTo(caller: Caller, image: Image | undefined, showsDeleted: boolean): Image {
  if (image === undefined || !canSee(caller, image)) throw noSuchImage();
  if (isDeleted(image) && !(caller.admin && showsDeleted)) throw noSuchImage();
  return image;
}

export function noSuchImage(): RegistryError {
  return new RegistryError('not_found', 'There is no such image.');
}

/**
 * Refuses callers who may not change anything.
 * @throws RegistryError `forbidden` for read-only callers, `unauthorized` for callers without a project who are no admins
 */
export function requireWriter(caller: Caller): void {
  if (caller.readOnly) throw new RegistryError('forbidden', 'This caller may only read.');
  if (caller.project === null && !caller.admin)
    throw new RegistryError('unauthorized', 'A project is needed to change images.');
}

/**
 * Refuses callers who see the image but do not own it.
 * @throws RegistryError `forbidden`
 */
export function requireOwner(caller: Caller, image: Image): void {
  if (!canChange(caller, image))
    throw new RegistryError('forbidden', 'Only the owner of an image may change it.');
}
