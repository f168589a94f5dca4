import { RegistryError } from '../../errors.js';
import { quoted } from '../schemas/refusal.js';
import { requireName } from './attributes.js';

/** What an operation of a PATCH is about. */
export interface PatchPath {
  readonly attribute: string;
  /** For `/locations/{n}` and `/locations/-`: the position. */
  readonly position: string | null;
}

/** How many segments paths to locations have; all others have one. */
const LOCATION_SEGMENTS = { add: 2, replace: 1, remove: 2 };

/**
 * Reads the path of an operation, a JSON pointer (RFC 6901) of one segment; those that name a place among the locations have two.
 * @throws RegistryError `bad_request`
 */
export function readPatchPath(path: unknown, op: 'add' | 'replace' | 'remove'): PatchPath {
  if (typeof path !== 'string')
    throw new RegistryError('bad_request', 'The path of an operation must be a string.');
  const refuse = (reason: string): RegistryError =>
    new RegistryError('bad_request', `The path ${quoted(path)} ${reason}.`);
  if (!path.startsWith('/')) throw refuse('does not begin with /');
  const segments = path.slice(1).split('/');
  if (segments.includes('')) throw refuse('has an empty segment');
  if (/~(?![01])/.test(path)) throw refuse('has a ~ that is neither ~0 nor ~1');
  const [attribute = '', position = null] = segments.map((segment) =>
    segment.trim().replaceAll('~1', '/').replaceAll('~0', '~'),
  );
  requireName(attribute);
  const wanted = attribute === 'locations' ? LOCATION_SEGMENTS[op] : 1;
  if (segments.length !== wanted) throw refuse(`cannot be used to ${op} something`);
  return { attribute, position };
}
