import { createHash } from 'node:crypto';
import { RegistryError } from '../errors.js';
import {
  takesMembers,
  type Image,
  type ImageStatus,
  type MemberStatus,
  type Visibility,
} from '../domain/image.js';
import { indexValue, SORT_KEYS, type IndexValue, type Scope, type SortKey } from '../domain/query.js';
import type { RecordValue, RowKey } from './key-space.js';
import { encodeId, encodeNumber, encodeText, encodeTime } from './row-encoding.js';

/*
 * The rows of the index: (kind, scope, state, field, value, created_at, id) for listings, (kind, due, id) for images with
 * blobs to remove, (kind, attempt) for leases. The codes below are stored: they may be added to, never changed.
 */

const LISTING = '\x01';
const SCRUB = '\x02';
const LEASE = '\x03';

/** One scope per visibility has its code alone; owners and members follow theirs with 16 bytes of a hash. */
const OWNER = '\x20';
const VISIBILITY_CODES: Record<Visibility, string> = {
  public: '\x10',
  community: '\x11',
  shared: '\x12',
  private: '\x13',
};
const MEMBER_CODES: Record<MemberStatus, string> = { pending: '\x30', accepted: '\x31', rejected: '\x32' };

/** Two apart: the odd code of each pair stands for hidden images. */
const STATUS_CODES: Record<ImageStatus, number> = {
  queued: 0,
  saving: 2,
  active: 4,
  killed: 6,
  deleted: 8,
  pending_delete: 10,
  deactivated: 12,
  uploading: 14,
  importing: 16,
};

const FIELDS: Record<SortKey, { code: string; encode: (value: string | number) => string }> = {
  name: { code: '\x01', encode: text },
  status: { code: '\x02', encode: text },
  container_format: { code: '\x03', encode: text },
  disk_format: { code: '\x04', encode: text },
  size: { code: '\x05', encode: (value) => encodeNumber(Number(value)) },
  id: { code: '\x06', encode: (value) => encodeId(String(value)) },
  created_at: { code: '\x07', encode: (value) => encodeTime(String(value)) },
  updated_at: { code: '\x08', encode: (value) => encodeTime(String(value)) },
};

function text(value: string | number): string {
  return encodeText(String(value));
}

/** A value of a field as it stands in rows: null before anything else. */
export function encodeValue(field: SortKey, value: IndexValue): string {
  return value === null ? '\x01' : '\x02' + FIELDS[field].encode(value);
}

/** Where an image stands in the order by `field`: the row behind its prefix, (value, created_at, id). */
export function placeOf(image: Image, field: SortKey): string {
  return encodeValue(field, indexValue(image, field)) + tieBreaker(image);
}

function tieBreaker(image: Image): string {
  return encodeTime(image.created_at) + encodeId(image.id);
}

/** What all listing rows of one scope, status and field begin with. */
export function listingPrefix(scope: Scope, status: ImageStatus, hidden: boolean, field: SortKey): string {
  return LISTING + scopeBytes(scope) + stateByte(status, hidden) + FIELDS[field].code;
}

/** The row by which an image with blobs to remove is found, in the order of when that is due. */
export function scrubRow(due: string, id: string): RowKey {
  return SCRUB + encodeTime(due) + encodeId(id);
}

/** The row by which a lease is found. */
export function leaseRow(attempt: string): RowKey {
  return LEASE + attempt;
}

/** The ranges of all scrub rows and of all lease rows. */
export const SCRUB_ROWS = { start: SCRUB, end: LEASE } as const;
export const LEASE_ROWS = { start: LEASE, end: '\x04' } as const;
/** The range of all rows there are. */
export const ALL_ROWS = { start: LISTING, end: LEASE_ROWS.end } as const;

/** All rows of an image: 8 for each visibility, owner and member scope that it is in, and its scrub row if it has one. */
export function imageRows(image: Image): RowKey[] {
  const state = stateByte(image.status, image.hidden);
  const end = tieBreaker(image);
  const tails = SORT_KEYS.map(
    (field) => state + FIELDS[field].code + encodeValue(field, indexValue(image, field)) + end,
  );
  const rows: RowKey[] = [];
  for (const scope of scopesOf(image)) {
    const prefix = LISTING + scopeBytes(scope);
    for (const tail of tails) rows.push(prefix + tail);
  }
  if (image.scrub_at !== null) rows.push(scrubRow(image.scrub_at, image.id));
  return rows;
}

/** Whether the image belongs to a scope now: what the scope's rows promise, read from the record itself. */
export function isInScope(image: Image, scope: Scope): boolean {
  switch (scope.kind) {
    case 'visibility':
      return image.visibility === scope.visibility;
    case 'owner':
      return image.owner === scope.project;
    case 'member':
      return (
        takesMembers(image) &&
        image.members.some((member) => member.id === scope.project && member.status === scope.status)
      );
  }
}

function scopesOf(image: Image): Scope[] {
  const scopes: Scope[] = [{ kind: 'visibility', visibility: image.visibility }];
  if (image.owner !== null) scopes.push({ kind: 'owner', project: image.owner });
  if (takesMembers(image))
    for (const { id, status } of image.members) scopes.push({ kind: 'member', project: id, status });
  return scopes;
}

function scopeBytes(scope: Scope): string {
  switch (scope.kind) {
    case 'visibility':
      return VISIBILITY_CODES[scope.visibility];
    case 'owner':
      return OWNER + hash(scope.project);
    case 'member':
      return MEMBER_CODES[scope.status] + hash(scope.project);
  }
}

function stateByte(status: ImageStatus, hidden: boolean): string {
  return String.fromCharCode(STATUS_CODES[status] + (hidden ? 1 : 0));
}

/** Project ids have any length; rows have not. */
function hash(project: string): string {
  return createHash('sha256').update(project).digest().toString('latin1', 0, 16);
}

/** The key of an image's record. */
export function imageKey(id: string): string {
  return `image/${id}`;
}

/** The key of a lease's record. */
export function leaseKey(attempt: string): string {
  return `lease/${attempt}`;
}

/** The key of the record that counts a project's storage. */
export function usageKey(project: string): string {
  return `usage/${createHash('sha256').update(project).digest('hex').slice(0, 32)}`;
}

/** What is left of an image after years: its id can never be used again. */
export interface Tombstone {
  readonly id: string;
  readonly tombstone: true;
}

/** Whether a record only keeps an id from being used again. */
export function isTombstone(value: RecordValue): boolean {
  return value.tombstone === true;
}

/** An image as its record holds it. */
export function imageOf(value: RecordValue): Image {
  // The catalogue alone writes these records, and it writes images.
  return value as unknown as Image;
}

/**
 * The rows of any record of the registry, for adapters that rebuild their index.
 * @throws RegistryError `internal` for a record that is not of the registry
 */
export function deriveRows(key: string, value: RecordValue): RowKey[] {
  if (key.startsWith('image/')) return isTombstone(value) ? [] : imageRows(imageOf(value));
  if (key.startsWith('lease/')) return [leaseRow(key.slice('lease/'.length))];
  if (key.startsWith('usage/')) return [];
  throw new RegistryError('internal', `No rows are known for the record ${key}`);
}
