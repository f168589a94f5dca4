import { visibleScopes } from '../domain/access.js';
import * as filters from '../domain/filters.js';
import type { Caller } from '../domain/identity.js';
import { STATUSES, type Image, type ImageStatus } from '../domain/image.js';
import { SORT_KEYS, type Filter, type ImageQuery } from '../domain/query.js';
import { parseTime } from '../domain/times.js';
import { parseUuid } from '../domain/uuid.js';
import { RegistryError } from '../errors.js';

/** Statuses that listings show; the others only with changes-since. */
const LIVE: readonly ImageStatus[] = STATUSES.filter(
  (status) => status !== 'killed' && status !== 'deleted' && status !== 'pending_delete',
);

/** A listing as a client asks for it; the marker still has to be looked up. */
export interface ListRequest extends Omit<ImageQuery, 'from'> {
  /** Id of the image to begin behind. */
  readonly marker: string | null;
}

/**
 * Reads the query of a listing, Images API v1. Unknown parameters are ignored, of doubled ones the last counts.
 * @param canRead whether the caller may read a property of that key
 * @throws RegistryError `bad_request` naming the parameter
 */
export function readListQuery(
  parameters: URLSearchParams,
  caller: Caller,
  limits: { readonly limitDefault: number; readonly limitMax: number },
  canRead: (property: string) => boolean,
): ListRequest {
  const given = new Map(parameters);
  const isPublic = readTristate(given, 'is_public');
  const since = readSince(given);
  const limit = readNumber(given, 'limit') ?? limits.limitDefault;
  return {
    scopes: visibleScopes(caller, isPublic),
    statuses: readStatuses(given, since !== null),
    hidden: false,
    filters: [...readFilters(given, canRead), ...(since === null ? [] : [filters.changedSince(since)])],
    sortKey: readWord(given, 'sort_key', SORT_KEYS) ?? 'created_at',
    sortDir: readWord(given, 'sort_dir', ['asc', 'desc'] as const) ?? 'desc',
    limit: Math.min(limit, limits.limitMax),
    marker: readMarker(given),
  };
}

/** The query that begins behind the marker. */
export function fromMarker({ marker: _, ...query }: ListRequest, image: Image | null): ImageQuery {
  return { ...query, from: image === null ? null : { image, inclusive: false } };
}

function* readFilters(
  given: ReadonlyMap<string, string>,
  canRead: (property: string) => boolean,
): Generator<Filter> {
  for (const field of ['name', 'container_format', 'disk_format'] as const) {
    const value = given.get(field);
    if (value !== undefined) yield filters.fieldIs(field, value);
  }
  const minRam = readNumber(given, 'min_ram');
  if (minRam !== undefined) yield filters.numberIs('min_ram', minRam);
  const minDisk = given.get('min_disk');
  if (minDisk !== undefined)
    yield /^\d+$/.test(minDisk) ? filters.numberIs('min_disk', Number(minDisk)) : filters.nothing;
  const sizeMin = readNumber(given, 'size_min');
  const sizeMax = readNumber(given, 'size_max');
  if (sizeMin !== undefined || sizeMax !== undefined) yield filters.sizeBetween(sizeMin, sizeMax);
  if (given.has('protected')) yield filters.protectedIs(readFlag(given, 'protected'));
  for (const [name, value] of given)
    if (name.startsWith('property-')) {
      const key = name.slice('property-'.length);
      // What the caller may not read is for him as if it was not there.
      yield canRead(key) ? filters.propertyIs(key, value) : filters.nothing;
    }
}

function readStatuses(given: ReadonlyMap<string, string>, changes: boolean): readonly ImageStatus[] {
  const shown = changes ? STATUSES : LIVE;
  const wanted = given.get('status');
  return wanted === undefined ? shown : shown.filter((status) => status === wanted);
}

/** A whole number that fits into 64 bits. */
function readNumber(given: ReadonlyMap<string, string>, name: string): number | undefined {
  const value = given.get(name);
  if (value === undefined) return undefined;
  if (!/^\d{1,19}$/.test(value) || BigInt(value) >= 2n ** 63n)
    throw new RegistryError('bad_request', `${name} is no whole number of 64 bits.`);
  return Number(value);
}

function readFlag(given: ReadonlyMap<string, string>, name: string): boolean {
  const value = given.get(name)?.toLowerCase() ?? '';
  if (!['true', 'false', '1', '0'].includes(value))
    throw new RegistryError('bad_request', `${name} is neither true nor false.`);
  return value === 'true' || value === '1';
}

/** true, false, or null for `none`; absent counts as true. */
function readTristate(given: ReadonlyMap<string, string>, name: string): boolean | null {
  if (!given.has(name)) return true;
  return given.get(name)?.toLowerCase() === 'none' ? null : readFlag(given, name);
}

function readSince(given: ReadonlyMap<string, string>): string | null {
  const value = given.get('changes-since');
  if (value === undefined) return null;
  const time = parseTime(value);
  if (time === null) throw new RegistryError('bad_request', 'changes-since is no time in ISO 8601.');
  return time;
}

function readWord<T extends string>(
  given: ReadonlyMap<string, string>,
  name: string,
  words: readonly T[],
): T | undefined {
  const value = given.get(name);
  if (value === undefined) return undefined;
  const word = words.find((known) => known === value);
  if (word === undefined) throw new RegistryError('bad_request', `${name} is one of ${words.join(', ')}.`);
  return word;
}

function readMarker(given: ReadonlyMap<string, string>): string | null {
  const value = given.get('marker');
  if (value === undefined) return null;
  const id = parseUuid(value);
  if (id === null) throw new RegistryError('bad_request', 'The marker is no uuid.');
  return id;
}
