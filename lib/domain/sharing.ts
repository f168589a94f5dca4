import { RegistryError } from '../errors.js';
import { canChange, noSuchImage } from './access.js';
import type { Dialect } from './dialect.js';
import type { Caller } from './identity.js';
import type { Image, Member } from './image.js';

type Sharing = Dialect['sharing'];

/** The members of an image that the caller may know of: all for its owner and admins, its own membership for a member. */
export function knownMembers(caller: Caller, image: Image): readonly Member[] {
  if (canChange(caller, image)) return image.members;
  return image.members.filter(({ id }) => id === caller.project);
}

/**
 * Refuses an image that has no members; those that it once had rest until it is shared again.
 * @throws RegistryError `not_found` or `forbidden`
 */
export function requireShared({ visibilities, refusal }: Sharing, image: Image): void {
  if (visibilities.includes(image.visibility)) return;
  throw refusal === 'not_found'
    ? noSuchImage()
    : new RegistryError('forbidden', `An image that is ${image.visibility} has no members.`);
}

/**
 * Refuses callers who see an image but may not say whom it is shared with.
 * @param byMembers whether a member that may share is good enough
 * @throws RegistryError `not_found` or `forbidden`
 */
export function requireSharer(sharing: Sharing, caller: Caller, image: Image, byMembers: boolean): void {
  if (canChange(caller, image)) return;
  if (byMembers && sharing.byMembers && mayShare(caller, image)) return;
  throw sharing.refusal === 'not_found'
    ? noSuchImage()
    : new RegistryError('forbidden', 'Only the owner of an image may share it.');
}

function mayShare(caller: Caller, { members }: Image): boolean {
  return members.some(({ id, can_share }) => id === caller.project && can_share);
}

/**
 * The membership of a project, for callers who may decide whether it is accepted: that project itself and admins.
 * @throws RegistryError `forbidden` for the image's owner, `not_found` for all others and when there is no such member
 */
export function ownMembership(caller: Caller, image: Image, project: string): Member {
  const member = image.members.find(({ id }) => id === project);
  // The owner's own project may be a member, too, and accepts nothing for that.
  if (!caller.admin && canChange(caller, image))
    throw new RegistryError('forbidden', 'A member itself decides whether it accepts an image.');
  if (!caller.admin && caller.project !== project) throw noSuchMember();
  if (member === undefined) throw noSuchMember();
  return member;
}

export function noSuchMember(): RegistryError {
  return new RegistryError('not_found', 'There is no such member.');
}
