import { MEMBER_STATUSES, VISIBILITIES } from './image.js';
import type { ImageFilters } from './image-filters.js';
import type { ListRequest, SortOrder } from './list-request.js';
import { SORT_KEYS } from './query.js';
import {
  boolean,
  count,
  isObject,
  oneOf,
  orNull,
  readObject,
  refuse,
  text,
  time,
  uuid,
  type Reader,
  type Readers,
} from './readers.js';

const texts: Reader = (value, name) => {
  if (!isObject(value)) throw refuse(name, 'must be an object of texts');
  for (const [key, one] of Object.entries(value)) text()(one, `${name} ${key}`, null);
  return value;
};

const sort: Reader = (value, name) => {
  if (!Array.isArray(value)) throw refuse(name, 'must be a list of keys with their directions');
  if (value.length > 1) throw refuse(name, 'takes one key for now');
  return value.map((order: unknown) => readObject(ORDER, order, name, null));
};

const FILTERS: Readers<ImageFilters, unknown> = {
  name: text(),
  status: text(),
  disk_format: text(),
  container_format: text(),
  min_ram: orNull(count),
  min_disk: orNull(count),
  size_min: count,
  size_max: count,
  protected: boolean,
  properties: texts,
};

const ORDER: Readers<SortOrder, unknown> = { key: oneOf(SORT_KEYS), dir: oneOf(['asc', 'desc']) };

const REQUEST: Readers<ListRequest, unknown> = {
  isPublic: orNull(boolean),
  visibility: oneOf([...VISIBILITIES, 'all']),
  memberStatus: oneOf([...MEMBER_STATUSES, 'all']),
  hidden: boolean,
  filters: (value, name) => readObject(FILTERS, value, name, null),
  changesSince: time,
  sort,
  limit: count,
  marker: orNull(uuid),
  previous: boolean,
};

/**
 * Reads what a caller asks of a listing, from whomever it comes.
 * @returns it with ids and times in the form that records have
 * @throws RegistryError `bad_request` naming what is wrong
 */
export function readListRequest(given: unknown): ListRequest {
  return readObject(REQUEST, given, 'A listing', null);
}
