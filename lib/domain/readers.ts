import { RegistryError } from '../errors.js';
import { parseTime } from './times.js';
import { parseUuid } from './uuid.js';

/** Reads a value of whatever kind; throws what is wrong with it, in words that name it. */
export type Reader<Limits = unknown> = (value: unknown, name: string, limits: Limits) => unknown;

/** The readers of an object's attributes. */
export type Readers<T extends object, Limits> = Readonly<Record<keyof T & string, Reader<Limits>>>;

export function refuse(name: string, reason: string): RegistryError {
  return new RegistryError('bad_request', `${name} ${reason}.`);
}

/**
 * Reads an object that has no attributes but those that have readers; what is undefined was not named.
 * @throws RegistryError `bad_request`
 */
export function readObject<T extends object, Limits>(
  readers: Readers<T, Limits>,
  given: unknown,
  name: string,
  limits: Limits,
): T {
  if (!isObject(given)) throw refuse(name, 'must be an object');
  const read: Partial<Record<string, unknown>> = {};
  for (const [key, value] of Object.entries(given)) {
    // So no key is one that an object has anyway.
    if (!Object.hasOwn(readers, key)) throw refuse(name, `must not have ${key}: there is no such attribute`);
    if (value !== undefined) read[key] = readers[key as keyof T & string](value, key, limits);
  }
  return read as T;
}

/** Whether a value has attributes by name; lists, maps and sets have none. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value);
}

/** Characters, not UTF-16 units, as the reference counts. */
export const lengthOf = (text: string): number => Array.from(text).length;

export const orNull =
  <Limits>(read: Reader<Limits>): Reader<Limits> =>
  (value, name, limits) =>
    value === null ? null : read(value, name, limits);

/** @param most characters */
export const text =
  (most = Infinity): Reader =>
  (value, name) => {
    if (typeof value !== 'string') throw refuse(name, 'must be a string');
    if (value.length > most && lengthOf(value) > most) throw refuse(name, `has at most ${most} characters`);
    return value;
  };

export const boolean: Reader = (value, name) => {
  if (typeof value !== 'boolean') throw refuse(name, 'must be true or false');
  return value;
};

export const integer: Reader = (value, name) => {
  if (!Number.isInteger(value)) throw refuse(name, 'must be a whole number');
  return value;
};

export const count: Reader = (value, name) => {
  if (!Number.isInteger(value) || Number(value) < 0) throw refuse(name, 'must be a whole number, 0 or more');
  return value;
};

export const oneOf =
  (words: readonly string[]): Reader =>
  (value, name) => {
    if (typeof value !== 'string' || !words.includes(value))
      throw refuse(name, `must be one of ${words.join(', ')}`);
    return value;
  };

export const time: Reader = (value, name) => {
  const read = typeof value === 'string' ? parseTime(value) : null;
  if (read === null) throw refuse(name, 'must be a time in ISO 8601, from 1900 on');
  return read;
};

export const uuid: Reader = (value, name) => {
  const read = typeof value === 'string' ? parseUuid(value) : null;
  if (read === null) throw refuse(name, 'must be a uuid');
  return read;
};
