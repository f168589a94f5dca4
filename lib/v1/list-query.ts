import type { ImageFilters } from '../domain/image-filters.js';
import type { ListRequest } from '../domain/list-request.js';
import { SORT_KEYS } from '../domain/query.js';
import { parseTime } from '../domain/times.js';
import { parseUuid } from '../domain/uuid.js';
import { RegistryError } from '../errors.js';
import { readWord } from '../http/read-word.js';

/**
 * Reads the query of a listing, Images API v1. Unknown parameters are ignored, of doubled ones the last counts.
 * @throws RegistryError `bad_request` naming the parameter
 */
export function readListQuery(parameters: URLSearchParams): ListRequest {
  const given = new Map(parameters);
  return {
    isPublic: readTristate(given, 'is_public'),
    filters: readFilters(given),
    changesSince: readSince(given),
    sort: [
      {
        key: readWord(given, 'sort_key', SORT_KEYS) ?? 'created_at',
        dir: readWord(given, 'sort_dir', ['asc', 'desc'] as const) ?? 'desc',
      },
    ],
    limit: readNumber(given, 'limit'),
    marker: readMarker(given),
    previous: true,
  };
}

function readFilters(given: ReadonlyMap<string, string>): ImageFilters {
  const minDisk = given.get('min_disk');
  const properties = [...given].flatMap(([name, value]) =>
    name.startsWith('property-') ? [[name.slice('property-'.length), value] as const] : [],
  );
  return {
    name: given.get('name'),
    status: given.get('status'),
    container_format: given.get('container_format'),
    disk_format: given.get('disk_format'),
    min_ram: readNumber(given, 'min_ram'),
    // As the reference: what is no number is what no image has.
    min_disk: minDisk === undefined ? undefined : /^\d+$/.test(minDisk) ? Number(minDisk) : null,
    size_min: readNumber(given, 'size_min'),
    size_max: readNumber(given, 'size_max'),
    protected: given.has('protected') ? readFlag(given, 'protected') : undefined,
    properties: Object.fromEntries(properties),
  };
}

/** A whole number that fits into 64 bits. */
function readNumber(given: ReadonlyMap<string, string>, name: string): number | undefined {
  const value = given.get(name);
  if (value === undefined) return undefined;
  if (!/^\d{1,19}$/.test(value) || BigInt(value) >= 2n ** 63n)
    throw new RegistryError('bad_request', `${name} must be a whole number of at most 64 bits.`);
  return Number(value);
}

function readFlag(given: ReadonlyMap<string, string>, name: string): boolean {
  const value = given.get(name)?.toLowerCase() ?? '';
  if (!['true', 'false', '1', '0'].includes(value))
    throw new RegistryError('bad_request', `${name} must be true or false.`);
  return value === 'true' || value === '1';
}

/** true, false, or null for `none`; absent counts as true. */
function readTristate(given: ReadonlyMap<string, string>, name: string): boolean | null {
  if (!given.has(name)) return true;
  return given.get(name)?.toLowerCase() === 'none' ? null : readFlag(given, name);
}

function readSince(given: ReadonlyMap<string, string>): string | undefined {
  const value = given.get('changes-since');
  if (value === undefined) return undefined;
  const time = parseTime(value);
  if (time === null) throw new RegistryError('bad_request', 'changes-since must be a time in ISO 8601.');
  return time;
}

function readMarker(given: ReadonlyMap<string, string>): string | null {
  const value = given.get('marker');
  if (value === undefined) return null;
  const id = parseUuid(value);
  if (id === null) throw new RegistryError('bad_request', 'The marker must be a uuid.');
  return id;
}
