import type { LocationChange, NewLocation, Position } from './new-location.js';
import { isObject, oneOf, readObject, refuse, text, type Reader, type Readers } from './readers.js';
import type { ValidationData } from './validation-data.js';

const VALIDATION: Readers<ValidationData, null> = {
  checksum: text(32),
  os_hash_algo: text(64),
  os_hash_value: text(128),
};

const metadata: Reader = (value, name) => {
  if (!isObject(value)) throw refuse(name, 'must be an object');
  return value;
};

const LOCATION: Readers<NewLocation, null> = {
  url: text(),
  metadata,
  validation: (value, name) => readObject(VALIDATION, value, name, null),
};

const location: Reader = (value, name) => {
  const read = readObject<NewLocation, null>(LOCATION, value, name, null);
  if ((read as Partial<NewLocation>).url === undefined) throw refuse(name, 'needs a url');
  return read;
};

const position: Reader = (value, name) => {
  if (value !== 'end' && (!Number.isSafeInteger(value) || Number(value) < 0))
    throw refuse(name, 'must be a place, 0 for the first, or end');
  return value;
};

/** Reads a change of the places of an image's data, from whomever it comes. */
export const locationChange: Reader = (value, name): LocationChange => {
  if (!isObject(value)) throw refuse(name, 'must be an object');
  const { op, at, location: one, locations: all } = value as Readonly<Record<string, unknown>>;
  oneOf(['add', 'replace', 'remove'])(op, 'op', null);
  if (op === 'replace') {
    if (!Array.isArray(all)) throw refuse('locations', 'must be a list');
    return { op, locations: all.map((item) => location(item, 'a location', null) as NewLocation) };
  }
  const place = position(at, 'at', null) as Position;
  if (op === 'remove') return { op, at: place };
  return { op: 'add', at: place, location: location(one, 'location', null) as NewLocation };
};
