import { RegistryError } from '../errors.js';
import type { Caller } from './identity.js';
import type { PropertyProtections } from './property-protections.js';

/** Keys that begin so belong to the registry itself, as in the reference: clients do not set them. */
const RESERVED = 'os_glance';

/** The properties of an image by key. */
export type Properties = Readonly<Record<string, string | null>>;

/** The properties that the caller may read. */
export function readable(
  protections: PropertyProtections,
  caller: Caller,
  properties: Properties,
): Properties {
  return Object.fromEntries(
    Object.entries(properties).filter(([key]) => protections.allows('read', key, caller)),
  );
}

/**
 * The properties of an image after a change. For a new image `before` is empty.
 * @param named what the caller sets
 * @param purge whether properties that are not named go; those that the caller may not read stay
 * @throws RegistryError `forbidden` when the caller may not create a property that is new, not read or not update one that is there and
 * would change, or not delete one that would go although he may read it
 */
export function checkPropertyChange(
  protections: PropertyProtections,
  caller: Caller,
  before: Properties,
  named: ReadonlyMap<string, string | null>,
  purge: boolean,
): Properties {
  for (const [key, value] of named) {
    if (key.startsWith(RESERVED) && (!Object.hasOwn(before, key) || before[key] !== value))
      throw isProtected(key);
    const allowed = Object.hasOwn(before, key)
      ? protections.allows('read', key, caller) &&
        (before[key] === value || protections.allows('update', key, caller))
      : protections.allows('create', key, caller);
    if (!allowed) throw isProtected(key);
  }
  const kept = Object.entries(before).filter(([key]) => {
    if (!purge || named.has(key) || !protections.allows('read', key, caller)) return true;
    if (protections.allows('delete', key, caller)) return false;
    throw isProtected(key);
  });
  return Object.fromEntries([...kept, ...named]);
}

/** The same words for every reason, so that they do not tell whether the property is there. */
function isProtected(key: string): RegistryError {
  return new RegistryError('forbidden', `Property '${key}' is protected.`);
}
