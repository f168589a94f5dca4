import { MEMBER_STATUSES, VISIBILITIES } from './image.js';
import type { TimeSpan } from './filters.js';
import type { ImageFilters } from './image-filters.js';
import type { ListRequest } from './list-request.js';
import { SORT_KEYS, type SortOrder } from './query.js';
import {
  boolean,
  count,
  integer,
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

const listOfTexts: Reader = (value, name) => {
  if (!Array.isArray(value)) throw refuse(name, 'must be a list of strings');
  return value.map((one: unknown) => text()(one, name, null));
};

const textOrTexts: Reader = (value, name) =>
  Array.isArray(value) ? listOfTexts(value, name, null) : text()(value, name, null);

const texts: Reader = (value, name) => {
  if (!isObject(value)) throw refuse(name, 'must be an object of strings');
  for (const [key, one] of Object.entries(value)) text()(one, `${name} ${key}`, null);
  return value;
};

const sort: Reader = (value, name) => {
  if (!Array.isArray(value)) throw refuse(name, 'must be a list of keys with their directions');
  return value.map((order: unknown) => readObject(ORDER, order, name, null));
};

const SPAN: Readers<TimeSpan, unknown> = { min: time, max: time, outside: boolean };
const span: Reader = (value, name) => readObject(SPAN, value, name, null);

const FILTERS: Readers<ImageFilters, unknown> = {
  id: textOrTexts,
  name: textOrTexts,
  status: textOrTexts,
  disk_format: textOrTexts,
  container_format: textOrTexts,
  owner: text(),
  checksum: text(),
  os_hash_algo: text(),
  os_hash_value: text(),
  min_ram: orNull(count),
  min_disk: orNull(count),
  size: orNull(count),
  virtual_size: orNull(count),
  size_min: integer,
  size_max: integer,
  min_ram_min: integer,
  min_ram_max: integer,
  min_disk_min: integer,
  min_disk_max: integer,
  virtual_size_min: integer,
  virtual_size_max: integer,
  protected: boolean,
  created_at: span,
  updated_at: span,
  tags: listOfTexts,
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
