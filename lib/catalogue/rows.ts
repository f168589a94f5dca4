import { createHash } from 'node:crypto';
import { firstDue } from '../domain/blob-entries.js';
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
import { decodeId, encodeId, encodeNumber, encodeText, encodeTime } from './row-encoding.js';

/*
 * The rows of the index: (kind, scope, state, field, value, created_at, id) for listings, (kind, due, id) for images with
 * blobs to remove, (kind, process, id) for images with blobs that somebody writes, (kind, id) for processes. The codes below are stored: they may be added to, never changed.
 */

const LISTING = '\x01';
const DOOMED = '\x02';
const WRITTEN = '\x03';
const PROCESS = '\x04';

/** One scope per visibility has its code alone; owners and members follow theirs with 16 bytes of a hash. */
const OWNER = '\x20';
const VISIBILITY_CODES: Record<Visibility, string> = {
  public: '\x10',
  community: '\x11',
  shared: '\x12',
  private: '\x13',
};
const MEMBER_CODES: Record<MemberStatus, string> = { pending: '\x30', accepted: '\x31', rejected: '\x32' };

/** What the rows of one order are divided by: what default listings ask for together, and every status that is not `active`. */
export type ListingState = 'active' | 'live' | 'gone' | OtherStatus;
type OtherStatus = Exclude<ImageStatus, 'active'>;

/** Two apart: the odd code of each pair stands for hidden images. */
const STATE_CODES: Record<ListingState, number> = {
  active: 0,
  live: 2,
  gone: 4,
  queued: 16,
  saving: 18,
  killed: 20,
  deleted: 22,
  pending_delete: 24,
  deactivated: 26,
  uploading: 28,
  importing: 30,
};

/** The statuses of each group; those that are `gone` are shown by listings of changes alone. */
export const STATE_GROUPS: Readonly<Record<'live' | 'gone', readonly OtherStatus[]>> = {
  live: ['queued', 'uploading', 'importing', 'saving', 'deactivated'],
  gone: ['killed', 'pending_delete', 'deleted'],
};

function statesOf(status: ImageStatus): readonly ListingState[] {
  if (status === 'active') return ['active'];
  return [STATE_GROUPS.live.includes(status) ? 'live' : 'gone', status];
}

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

/** What all listing rows of one scope, state and field begin with. */
export function listingPrefix(scope: Scope, state: ListingState, hidden: boolean, field: SortKey): string {
  return LISTING + scopeBytes(scope) + stateByte(state, hidden) + FIELDS[field].code;
}

/** The row by which an image with blobs to remove is found, in the order of when the first of them is due. */
export function doomedRow(due: string, id: string): RowKey {
  return DOOMED + encodeTime(due) + encodeId(id);
}

/** The row by which an image is found to which a registry writes a blob. */
export function writtenRow(process: string, id: string): RowKey {
  return WRITTEN + encodeId(process) + encodeId(id);
}

/** The registry that a row of `WRITTEN_ROWS` names. */
export function writerOf(row: RowKey): string {
  return decodeId(row.slice(0, row.length - 16));
}

/** The row by which a registry that writes is found. */
export function processRow(process: string): RowKey {
  return PROCESS + encodeId(process);
}

/** The range of the images to which a registry writes. */
export function writtenBy(process: string): { readonly start: RowKey; readonly end: RowKey } {
  const start = WRITTEN + encodeId(process);
  return { start, end: `${start}${'\xff'.repeat(17)}` };
}

/** The ranges of all rows of a kind. */
export const DOOMED_ROWS = { start: DOOMED, end: WRITTEN } as const;
export const WRITTEN_ROWS = { start: WRITTEN, end: PROCESS } as const;
export const PROCESS_ROWS = { start: PROCESS, end: '\x05' } as const;

/**
 * All rows of an image: for each visibility, owner and member scope that it is in 8 when it is active and 16 when it is not, and those that
 * lead the janitor to its blobs.
 */
export function imageRows(image: Image): RowKey[] {
  const end = tieBreaker(image);
  const tails = statesOf(image.status).flatMap((state) =>
    SORT_KEYS.map(
      (field) =>
        stateByte(state, image.hidden) +
        FIELDS[field].code +
        encodeValue(field, indexValue(image, field)) +
        end,
    ),
  );
  const rows: RowKey[] = [];
  for (const scope of scopesOf(image)) {
    const prefix = LISTING + scopeBytes(scope);
    for (const tail of tails) rows.push(prefix + tail);
  }
  const due = firstDue(image);
  if (due !== null) rows.push(doomedRow(due, image.id));
  for (const process of new Set(image.blobs.map((blob) => blob.process)))
    if (process !== null) rows.push(writtenRow(process, image.id));
  return rows;
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

function stateByte(state: ListingState, hidden: boolean): string {
  return String.fromCharCode(STATE_CODES[state] + (hidden ? 1 : 0));
}

/** Project ids have any length; rows have not. */
function hash(project: string): string {
  return createHash('sha256').update(project).digest().toString('latin1', 0, 16);
}

/** The key of an image's record. */
export function imageKey(id: string): string {
  return `image/${id}`;
}

/** The key of the record of a registry that writes. */
export function processKey(id: string): string {
  return `process/${id}`;
}

/** The key of the record that counts a project's storage. */
export function usageKey(project: string): string {
  return `usage/${createHash('sha256').update(project).digest('hex').slice(0, 32)}`;
}

/** The key of the record of the registry itself. */
export const REGISTRY_KEY = 'registry';

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
 * The rows of any record of the registry.
 * @throws RegistryError `internal` for a record that is not of the registry
 */
export function deriveRows(key: string, value: RecordValue): RowKey[] {
  if (key.startsWith('image/')) return isTombstone(value) ? [] : imageRows(imageOf(value));
  if (key.startsWith('process/')) return [processRow(key.slice('process/'.length))];
  if (key.startsWith('usage/') || key === REGISTRY_KEY) return [];
  throw new RegistryError('internal', `No rows are known for the record ${key}`);
}
