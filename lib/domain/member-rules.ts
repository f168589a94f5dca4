import { RegistryError } from '../errors.js';
import { MEMBER_STATUSES, type Member, type MemberStatus } from './image.js';
import { boolean, readObject, refuse, text, type Readers } from './readers.js';
import type { Time } from './times.js';

/** A membership as a client asks for it. */
export interface WantedMember {
  /** Project id, 1 to 255 characters. */
  readonly member_id: string;
  /** Absent: as it was, false for a new member. */
  readonly can_share?: boolean | undefined;
}

const WANTED: Readers<WantedMember, unknown> = { member_id: readProject, can_share: boolean };

function readProject(value: unknown, name: string): string {
  const project = text(255)(value, name, null) as string;
  if (project === '') throw refuse(name, 'must not be empty');
  return project;
}

/**
 * Reads a project id, from whomever it comes.
 * @throws RegistryError `bad_request`
 */
export function checkProject(given: unknown): string {
  return readProject(given, 'A project id');
}

/** @throws RegistryError `bad_request` */
export function readMember(given: unknown): WantedMember {
  const member = readObject(WANTED, given, 'A membership', null);
  // What is missing has not been read.
  checkProject(member.member_id);
  return member;
}

/** @throws RegistryError `bad_request` */
export function readMembers(given: unknown): readonly WantedMember[] {
  if (!Array.isArray(given)) throw refuse('The memberships', 'must be a list');
  return given.map(readMember);
}

/** @throws RegistryError `bad_request` */
export function readMemberStatus(given: unknown): MemberStatus {
  const status = MEMBER_STATUSES.find((known) => known === given);
  if (status === undefined)
    throw refuse('The status of a member', `must be one of ${MEMBER_STATUSES.join(', ')}`);
  return status;
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

/** With another status of one member; the very same list when nothing changes. */
export function setStatus(
  members: readonly Member[],
  changed: Member,
  status: MemberStatus,
  now: Time,
): readonly Member[] {
  if (changed.status === status) return members;
  return members.map((member) =>
    member.id === changed.id ? { ...member, status, updated_at: now } : member,
  );
}

/**
 * Refuses to share with more projects than the quota says; what is over it already may stay or shrink.
 * @param after members that there would be
 * @throws RegistryError `too_large`
 */
export function requireMemberQuota(before: number, after: number, quota: number): void {
  if (after > quota && after > before)
    throw new RegistryError(
      'too_large',
      `An image has at most ${quota} members, this one would have ${after}.`,
    );
}
