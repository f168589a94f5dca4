import { RegistryError } from '../errors.js';
import type { Caller } from './identity.js';
import { isDeleted, MEMBER_STATUSES, takesMembers, type Image, VISIBILITIES } from './image.js';
import type { Scope } from './query.js';

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

/** Whether the caller may change all memberships of an image that it sees. */
export function canManageMembers(caller: Caller, image: Image): boolean {
  return caller.admin || isOwner(caller, image);
}

/** Whether the caller may share an image that it sees with others. */
export function canShare(caller: Caller, image: Image): boolean {
  if (canManageMembers(caller, image)) return true;
  return takesMembers(image) && image.members.some(({ id, can_share }) => id === caller.project && can_share);
}

/**
 * Gives the image back when the caller may know of it.
 * @throws RegistryError `not_found`, the same whether the image is hidden from the caller or does not exist
 */
export function visibleTo(caller: Caller, image: Image | undefined): Image {
  if (image === undefined || !canSee(caller, image) || (isDeleted(image) && !caller.admin))
    throw noSuchImage();
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
  if (!caller.admin && !isOwner(caller, image))
    throw new RegistryError('forbidden', 'Only the owner of an image may change it.');
}

/**
 * What a listing shows to a caller, Images API v1: a user's own, the shared and the public images whatever `isPublic` says; an admin sees
 * the same by default, all that are not public with false, everything with null. An admin without a project sees all by default.
 */
export function visibleScopes(caller: Caller, isPublic: boolean | null = true): Scope[] {
  const all = VISIBILITIES.map((visibility): Scope => ({ kind: 'visibility', visibility }));
  if (caller.admin && isPublic === null) return all;
  if (caller.admin && !isPublic)
    return all.filter((scope) => scope.kind === 'visibility' && scope.visibility !== 'public');
  const { project } = caller;
  if (project === null) return caller.admin ? all : [{ kind: 'visibility', visibility: 'public' }];
  return [
    { kind: 'visibility', visibility: 'public' },
    { kind: 'owner', project },
    ...MEMBER_STATUSES.map((status): Scope => ({ kind: 'member', project, status })),
  ];
}
