import { RegistryError } from '../errors.js';
import { visibilityIs } from './filters.js';
import type { Caller } from './identity.js';
import {
  MEMBER_STATUSES,
  takesMembers,
  VISIBILITIES,
  type Image,
  type MemberStatus,
  type Visibility,
} from './image.js';
import type { Filter, Scope } from './query.js';

/** Which of the images that a caller may know of a listing is about. */
export interface Wanted {
  /**
   * Images API v1, by admins: true shows what a user sees, false all that is not public, null everything. From others it counts for
   * nothing: they see public images, their own and what is shared with them.
   */
  readonly isPublic?: boolean | null | undefined;
  /** Images API v2: images of this visibility alone; `all`: community images of others, too. */
  readonly visibility?: Visibility | 'all' | undefined;
  /** Images API v2: how far the caller's project has accepted what is shared with it. Default `accepted`. */
  readonly memberStatus?: MemberStatus | 'all' | undefined;
}

/** Scopes, and what else narrows them. */
export interface Scoped {
  readonly scopes: readonly Scope[];
  readonly filters: readonly Filter[];
}

const ofVisibility = (visibility: Visibility): Scope => ({ kind: 'visibility', visibility });
const EVERYTHING: readonly Scope[] = VISIBILITIES.map(ofVisibility);

/**
 * What a listing shows to a caller.
 * @param by how it is narrowed when it does not say
 * @throws RegistryError `bad_request` when it says both ways
 */
export function scopesOf(caller: Caller, wanted: Wanted, by: 'isPublic' | 'visibility'): Scoped {
  const byVisibility = wanted.visibility !== undefined || wanted.memberStatus !== undefined;
  if (byVisibility && wanted.isPublic !== undefined)
    throw new RegistryError('bad_request', 'isPublic cannot be combined with visibility or memberStatus.');
  if (byVisibility || (by === 'visibility' && wanted.isPublic === undefined))
    return scopesByVisibility(caller, wanted);
  return { scopes: scopesByPublic(caller, wanted.isPublic), filters: [] };
}

/** Images API v1. An admin without a project sees all by default. */
function scopesByPublic(caller: Caller, isPublic: boolean | null = true): readonly Scope[] {
  if (caller.admin && isPublic === null) return EVERYTHING;
  if (caller.admin && !isPublic)
    return VISIBILITIES.filter((visibility) => visibility !== 'public').map(ofVisibility);
  const { project } = caller;
  if (project === null) return caller.admin ? EVERYTHING : [ofVisibility('public')];
  return [ofVisibility('public'), { kind: 'owner', project }, ...sharedWith(project, 'all')];
}

/** Images API v2. */
function scopesByVisibility(caller: Caller, { visibility, memberStatus = 'accepted' }: Wanted): Scoped {
  const own: readonly Scope[] = caller.project === null ? [] : [{ kind: 'owner', project: caller.project }];
  const others: readonly Scope[] = caller.admin
    ? [ofVisibility('shared'), ofVisibility('private')]
    : caller.project === null
      ? []
      : sharedWith(caller.project, memberStatus);
  const usual = [ofVisibility('public'), ...own, ...others];
  if (visibility === undefined) return { scopes: usual, filters: [] };
  const community = ofVisibility('community');
  if (visibility === 'all') return { scopes: [...usual, community], filters: [] };
  if (visibility === 'public' || visibility === 'community')
    return { scopes: [ofVisibility(visibility)], filters: [] };
  return { scopes: [...own, ...others], filters: [visibilityIs(visibility)] };
}

function sharedWith(project: string, status: MemberStatus | 'all'): readonly Scope[] {
  const statuses = status === 'all' ? MEMBER_STATUSES : [status];
  return statuses.map((one): Scope => ({ kind: 'member', project, status: one }));
}

/** All images that are shared with a project, whatever it thinks of that. */
export function scopesSharedWith(project: string): readonly Scope[] {
  return sharedWith(project, 'all');
}

/** Whether the image belongs to a scope now. */
export function isInScope(image: Image, scope: Scope): boolean {
  switch (scope.kind) {
    case 'visibility':
      return image.visibility === scope.visibility;
    case 'owner':
      return (
        image.owner === scope.project &&
        (scope.visibility === undefined || image.visibility === scope.visibility)
      );
    case 'member':
      return (
        takesMembers(image) &&
        image.members.some((member) => member.id === scope.project && member.status === scope.status)
      );
  }
}
