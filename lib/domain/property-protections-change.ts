import { RegistryError } from '../errors.js';
import type { Caller } from './identity.js';
import { isReservedKey } from './property-keys.js';
import type { PropertyProtections } from './property-protections.js';

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

/** What a caller asks of an image's properties. */
export interface PropertyChange {
  /** What is set. */
  readonly named: Properties;
  /** Whether properties that are not named go; those that the caller may not read stay. */
  readonly purge: boolean;
  /** Keys that go. */
  readonly removed: readonly string[];
  /** Whether a property may be sent with the value that it has by those who may read but not update it. */
  readonly sameValueIsFree: boolean;
}

/**
 * The properties of an image after a change. For a new image `before` is empty.
 * @throws RegistryError `forbidden` when the caller may not create a property that is new, not read or not update one that is there, or not
 * delete one that would go although he may read it
 */
export function checkPropertyChange(
  protections: PropertyProtections,
  caller: Caller,
  before: Properties,
  { named, purge, removed, sameValueIsFree }: PropertyChange,
): Properties {
  for (const [key, value] of Object.entries(named)) {
    const isSame = Object.hasOwn(before, key) && before[key] === value;
    if (isReservedKey(key) && !isSame) throw isProtected(key);
    const allowed = Object.hasOwn(before, key)
      ? protections.allows('read', key, caller) &&
        ((isSame && sameValueIsFree) || protections.allows('update', key, caller))
      : protections.allows('create', key, caller);
    if (!allowed) throw isProtected(key);
  }
  const kept = Object.entries(before).filter(([key]) => {
    // The registry's own are no business of callers.
    if (isReservedKey(key)) return true;
    const goes = removed.includes(key) || (purge && !Object.hasOwn(named, key));
    // What the caller may not read is for him as if it was not there.
    if (!goes || !protections.allows('read', key, caller)) return true;
    if (protections.allows('delete', key, caller)) return false;
    throw isProtected(key);
  });
  return Object.fromEntries([...kept, ...Object.entries(named)]);
}

/** The same words for every reason, so that they do not tell whether the property is there. */
function isProtected(key: string): RegistryError {
  return new RegistryError('forbidden', `Property '${key}' is protected.`);
}
