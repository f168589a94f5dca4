import { hash } from 'node:crypto';
import {
  takesMembers,
  type Image,
  type ImageStatus,
  type MemberStatus,
  type Visibility,
} from '../domain/image.js';
import { SORT_KEYS, type IndexValue, type SortKey, type Term } from '../domain/query.js';
import type { RowKey } from './key-space.js';
import { encodeId, encodeNumber, encodeText, encodeTime } from './row-encoding.js';

/*
 * The rows that listings read: (LISTING, scope, state, field, place), and for what an image has (TERM, term, scope, state, place) in the order
 * of created_at alone. The codes below are stored: another meaning needs another version of the rows.
 */
const LISTING = '\x01';
const TERM = '\x05';

/** Images of one visibility, of one owner and visibility, or shared with one project: every image is in one of each of the first two kinds. */
export type RowScope =
  | { readonly kind: 'visibility'; readonly visibility: Visibility }
  | { readonly kind: 'owner'; readonly project: string; readonly visibility: Visibility }
  | { readonly kind: 'member'; readonly project: string; readonly status: MemberStatus };

/** Scopes in which terms have rows. */
export type TermScope = Exclude<RowScope, { readonly kind: 'member' }>;

/** Owners and members are followed by 16 bytes of a hash. */
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

/** A value of a field as places begin with it: null before anything else. */
export function encodeValue(field: SortKey, value: IndexValue): string {
  // Never null, and what places end with anyway.
  if (field === 'created_at') return encodeTime(String(value));
  return value === null ? '\x01' : '\x02' + FIELDS[field].encode(value);
}

/** Where an image stands in the order by `field`, as its rows end: (value, created_at, id), in the order of created_at (created_at, id). */
export function placeOf(image: Image, field: SortKey): string {
  return startOfPlace(image, field) + endOfPlace(image);
}

function startOfPlace(image: Image, field: SortKey): string {
  return field === 'created_at' ? '' : encodeValue(field, image[field]);
}

/** The same in all orders. */
function endOfPlace(image: Image): string {
  return encodeTime(image.created_at) + encodeId(image.id);
}

/** Whether an image, which the place has led to by its id, stands there still. */
export function isAtPlace(image: Image, field: SortKey, place: string): boolean {
  return place.slice(0, -16) === startOfPlace(image, field) + encodeTime(image.created_at);
}

/** The value that a place begins with. */
export function valueOfPlace(place: string, field: SortKey): string {
  return place.slice(0, place.length - (field === 'created_at' ? 16 : 24));
}

/** What all listing rows of one scope, state and field begin with. */
export function listingPrefix(scope: RowScope, state: ListingState, hidden: boolean, field: SortKey): string {
  return LISTING + scopeBytes(scope) + stateByte(state, hidden) + FIELDS[field].code;
}

/** What all rows of the images of one scope and state begin with that have a tag, or a property with a value. */
export function termPrefix(term: Term, scope: TermScope, state: 'active' | 'live', hidden: boolean): string {
  return TERM + termBytes(term) + scopeBytes(scope) + stateByte(state, hidden);
}

/**
 * The rows by which listings find an image.
 *
 * For each visibility, owner and member scope that it is in there are 8 when it is active and 16 when it is not; for each of its tags and
 * indexed properties one in the visibility and one in the owner scope, unless it is gone. With 128 members, 128 tags and 5 indexed
 * properties that is at most 2 346.
 *
 * @param indexed keys of the properties that have rows
 */
export function* listingRows(image: Image, indexed: readonly string[]): Generator<RowKey> {
  const states = statesOf(image.status);
  const end = endOfPlace(image);
  const places = SORT_KEYS.map((field) => FIELDS[field].code + startOfPlace(image, field) + end);
  const tails = states.flatMap((state) => places.map((place) => stateByte(state, image.hidden) + place));
  const scopes = scopesOf(image);
  for (const scope of scopes) {
    const prefix = LISTING + scopeBytes(scope);
    for (const tail of tails) yield prefix + tail;
  }
  const [state] = states;
  if (state !== 'active' && state !== 'live') return;
  for (const term of termsOf(image, indexed))
    for (const scope of scopes)
      if (scope.kind !== 'member') yield termPrefix(term, scope, state, image.hidden) + end;
}

function statesOf(status: ImageStatus): readonly ListingState[] {
  if (status === 'active') return ['active'];
  return [STATE_GROUPS.live.includes(status) ? 'live' : 'gone', status];
}

function* termsOf({ tags, properties }: Image, indexed: readonly string[]): Generator<Term> {
  for (const tag of new Set(tags)) yield { kind: 'tag', tag };
  for (const key of indexed)
    if (Object.hasOwn(properties, key)) yield { kind: 'property', key, value: properties[key] ?? '' };
}

function scopesOf(image: Image): RowScope[] {
  const { visibility, owner, members } = image;
  const scopes: RowScope[] = [{ kind: 'visibility', visibility }];
  if (owner !== null) scopes.push({ kind: 'owner', project: owner, visibility });
  if (takesMembers(image))
    for (const { id, status } of members) scopes.push({ kind: 'member', project: id, status });
  return scopes;
}

function scopeBytes(scope: RowScope): string {
  switch (scope.kind) {
    case 'visibility':
      return VISIBILITY_CODES[scope.visibility];
    case 'owner':
      return OWNER + shortHash(scope.project) + VISIBILITY_CODES[scope.visibility];
    case 'member':
      return MEMBER_CODES[scope.status] + shortHash(scope.project);
  }
}

function stateByte(state: ListingState, hidden: boolean): string {
  return String.fromCharCode(STATE_CODES[state] + (hidden ? 1 : 0));
}

function termBytes(term: Term): string {
  return shortHash(term.kind === 'tag' ? `tag\0${term.tag}` : `property\0${term.key}\0${term.value}`);
}

/** Project ids, tags and values have any length; rows have not. */
function shortHash(name: string): string {
  return hash('sha256', name, 'binary').slice(0, 16);
}
