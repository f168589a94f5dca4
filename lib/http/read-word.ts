import { RegistryError } from '../errors.js';

/**
 * A query parameter that is one of a few words; undefined when it is not given.
 * @throws RegistryError `bad_request`
 */
export function readWord<T extends string>(
  given: ReadonlyMap<string, string>,
  name: string,
  words: readonly T[],
): T | undefined {
  const value = given.get(name);
  if (value === undefined) return undefined;
  const word = words.find((known) => known === value);
  if (word === undefined)
    throw new RegistryError('bad_request', `${name} must be one of ${words.join(', ')}.`);
  return word;
}
