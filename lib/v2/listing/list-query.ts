import type { ListRequest } from '../../domain/list-request.js';
import { MEMBER_STATUSES, VISIBILITIES } from '../../domain/image.js';
import { parseUuid } from '../../domain/uuid.js';
import { RegistryError } from '../../errors.js';
import { checkText } from '../../http/json-body.js';
import { readFilters } from './filters.js';
import { readSort } from './sort.js';

/** Parameters that are no filters. */
const PAGING: ReadonlySet<string> = new Set(['limit', 'marker', 'sort', 'sort_key', 'sort_dir']);
/** Parameters that say which images the listing is about. */
const SCOPE: ReadonlySet<string> = new Set(['visibility', 'member_status', 'os_hidden']);
/** Parameters without meaning: `deleted` never had one here. */
const IGNORED = 'deleted';

/** Most filters of one listing, those that stand several times counted each time. */
const FILTERS = 50;

/**
 * Reads the query of `GET /v2/images`. Of a parameter that stands twice the last counts, but for `tag`, `sort_key` and `sort_dir`.
 * @throws RegistryError `bad_request` naming the parameter
 */
export function readListQuery(parameters: URLSearchParams): ListRequest {
  for (const text of [...parameters].flat()) checkText(text);
  const filters = [...parameters].filter(([name]) => !PAGING.has(name) && name !== IGNORED);
  if (filters.length > FILTERS)
    throw new RegistryError('bad_request', `A listing has at most ${FILTERS} filters.`);
  const given = new Map(parameters);
  if ((given.get('changes-since') ?? '') !== '')
    throw new RegistryError('bad_request', 'changes-since is not supported: use updated_at=gt:TIME.');
  const visibility = given.get('visibility');
  const wanted = readFilters(
    filters.filter(([name]) => !SCOPE.has(name) && name !== 'changes-since'),
    // A visibility without a word is no image's.
    visibility === '',
  );
  return {
    ...readVisibility(visibility),
    ...readMemberStatus(given.get('member_status')),
    hidden: readHidden(given.get('os_hidden')),
    filters: wanted,
    sort: readSort(parameters),
    ...readLimit(given.get('limit')),
    ...readMarker(given.get('marker')),
  };
}

function readVisibility(value: string | undefined): Pick<ListRequest, 'visibility'> {
  if (value === undefined || value === '') return {};
  return { visibility: wordOf(value, 'visibility', [...VISIBILITIES, 'all'] as const) };
}

function readMemberStatus(value: string | undefined): Pick<ListRequest, 'memberStatus'> {
  if (value === undefined) return {};
  return { memberStatus: wordOf(value, 'member_status', [...MEMBER_STATUSES, 'all'] as const) };
}

function wordOf<T extends string>(value: string, name: string, words: readonly T[]): T {
  const word = words.find((known) => known === value);
  if (word === undefined)
    throw new RegistryError('bad_request', `${name} must be one of ${words.join(', ')}.`);
  return word;
}

/** openstackclient writes True, as Python prints it. */
function readHidden(value = 'false'): boolean {
  const word = value.toLowerCase();
  if (word !== 'true' && word !== 'false')
    throw new RegistryError('bad_request', 'os_hidden must be true or false.');
  return word === 'true';
}

function readLimit(value: string | undefined): Pick<ListRequest, 'limit'> {
  if (value === undefined) return {};
  if (!/^\d+$/.test(value))
    throw new RegistryError('bad_request', 'limit must be a whole number, 0 or more.');
  return { limit: Math.min(Number(value), Number.MAX_SAFE_INTEGER) };
}

function readMarker(value: string | undefined): Pick<ListRequest, 'marker'> {
  if (value === undefined) return {};
  const id = parseUuid(value);
  if (id === null) throw new RegistryError('bad_request', 'marker must be the uuid of an image.');
  return { marker: id };
}
