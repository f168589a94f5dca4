import { RegistryError } from '../errors.js';
import type { Member } from './image.js';
import type { Time } from './times.js';

/** A membership as a client asks for it. */
export interface WantedMember {
  /** Project id. */
  readonly member_id: string;
  /** Absent: as it was, false for a new member. */
  readonly can_share?: boolean;
}

/** These and no others: kept members keep their place and what is not said of them, new ones follow. */
export function replaceMembers(
  members: readonly Member[],
  wanted: readonly WantedMember[],
  now: Time,
): readonly Member[] {
  const asked = new Map(wanted.map((member) => [member.member_id, member]));
  const kept = members.filter((member) => asked.has(member.id));
  return [...asked.values()].reduce<readonly Member[]>((all, member) => putMember(all, member, now), kept);
}

/** Those of `members` that are not among `known`. */
export function missingFrom(known: readonly Member[], members: readonly Member[]): Member[] {
  const ids = new Set(known.map(({ id }) => id));
  return members.filter(({ id }) => !ids.has(id));
}

/** With this member added or changed; the very same list when nothing changes. */
export function putMember(members: readonly Member[], wanted: WantedMember, now: Time): readonly Member[] {
  const { member_id: id, can_share } = wanted;
  const known = members.find((member) => member.id === id);
  if (known === undefined)
    return [
      ...members,
      { id, can_share: can_share ?? false, status: 'pending', created_at: now, updated_at: now },
    ];
  if (can_share === undefined || can_share === known.can_share) return members;
  return members.map((member) => (member === known ? { ...known, can_share, updated_at: now } : member));
}

/**
 * Refuses to share with more projects than the quota says; what is over it already may stay or shrink.
 * @throws RegistryError `too_large`
 */
export function requireMemberQuota(before: readonly Member[], after: readonly Member[], quota: number): void {
  if (after.length > quota && after.length > before.length)
    throw new RegistryError(
      'too_large',
      `An image may have ${quota} members, this one would have ${after.length}.`,
    );
}
