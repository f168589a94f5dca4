import { RegistryError } from '../../errors.js';
import type { ImageChange } from '../../services/update-image.js';
import type { Check } from '../schemas/compile-schema.js';
import { quoted } from '../schemas/refusal.js';
import { asField, fieldOf, requireSettable } from './attributes.js';
import { readLocationChange } from './locations.js';
import { type PatchPath, readPatchPath } from './patch-path.js';

/** Most operations of a PATCH. */
const OPERATIONS = 1000;

const OPS = ['add', 'replace', 'remove'] as const;
type Op = (typeof OPS)[number];

/** An operation as both media types say it. */
interface Said {
  readonly op: Op;
  readonly path: PatchPath;
  readonly value: unknown;
  /** Whether an add refuses what is there already. */
  readonly onlyNew: boolean;
}

/** What the operator has to say of it. */
export interface PatchSettings {
  /** Whether locations may be changed; default: no. */
  readonly changesLocations?: boolean;
}

/** The media types of PATCH, in the order in which `Accept-Patch` lists them. */
const MEDIA_TYPES: ReadonlyMap<string, (operation: object) => Said> = new Map([
  ['application/openstack-images-v2.0-json-patch', readV20],
  ['application/openstack-images-v2.1-json-patch', readV21],
]);

/**
 * How to read the operations of a PATCH with this `Content-Type`.
 * @throws RegistryError `unsupported_media_type` with `Accept-Patch` (RFC 5789)
 */
export function patchReader(
  contentType: string | undefined,
): (body: unknown, checkImage: Check, settings?: PatchSettings) => ImageChange[] {
  const read = MEDIA_TYPES.get(contentType?.split(';', 1)[0]?.trim() ?? '');
  if (read !== undefined)
    return (body, checkImage, { changesLocations = false } = {}) =>
      readPatch(body, read, { checkImage, changesLocations });
  const known = [...MEDIA_TYPES.keys()].join(', ');
  throw new RegistryError('unsupported_media_type', `The Content-Type of a PATCH must be one of ${known}.`, {
    headers: { 'Accept-Patch': known },
  });
}

/** Checks operation by operation, so that the first that is wrong decides the answer. */
function readPatch(
  body: unknown,
  read: (operation: object) => Said,
  { checkImage, changesLocations }: Required<PatchSettings> & { readonly checkImage: Check },
): ImageChange[] {
  if (!Array.isArray(body)) throw new RegistryError('bad_request', 'A PATCH is a JSON list of operations.');
  if (body.length > OPERATIONS)
    throw new RegistryError('bad_request', `A PATCH has at most ${OPERATIONS} operations.`);
  return body.map((operation: unknown) => {
    if (typeof operation !== 'object' || operation === null || Array.isArray(operation))
      throw new RegistryError('bad_request', 'An operation is a JSON object.');
    const said = read(operation);
    requireChangeable(said.path.attribute);
    if (said.op !== 'remove') checkImage(partOf(said));
    return said.path.attribute === 'locations' ? locationChangeOf(said, changesLocations) : changeOf(said);
  });
}

/** `{"op": "add", "path": "/x", "value": …}` */
function readV21(operation: object): Said {
  const { op, path } = operation as Readonly<Record<string, unknown>>;
  const known = OPS.find((one) => one === op);
  if (known === undefined)
    throw new RegistryError('bad_request', `The op of an operation must be one of ${OPS.join(', ')}.`);
  return said(known, path, operation, false);
}

/** `{"add": "/x", "value": …}` */
function readV20(operation: object): Said {
  const [op, ...others] = OPS.filter((one) => Object.hasOwn(operation, one));
  if (op === undefined || others.length > 0)
    throw new RegistryError('bad_request', `An operation has exactly one of ${OPS.join(', ')}.`);
  return said(op, (operation as Readonly<Record<Op, unknown>>)[op], operation, true);
}

function said(op: Op, path: unknown, operation: object, onlyNew: boolean): Said {
  if (op !== 'remove' && !Object.hasOwn(operation, 'value'))
    throw new RegistryError('bad_request', `An operation that says ${op} needs a value.`);
  const { value } = operation as { readonly value?: unknown };
  return { op, path: readPatchPath(path, op), value, onlyNew: onlyNew && op === 'add' };
}

function requireChangeable(attribute: string): void {
  requireSettable(attribute);
  if (attribute === 'id') throw new RegistryError('forbidden', 'The id of an image cannot be changed.');
}

/** An image that says no more than the operation does. */
function partOf({ path: { attribute, position }, value }: Said): object {
  return Object.fromEntries([[attribute, position === null ? value : [value]]]);
}

function locationChangeOf({ op, path: { position }, value }: Said, allowed: boolean): ImageChange {
  const change = readLocationChange(op, position, value);
  if (!allowed) return refusing('forbidden', 'The locations of an image cannot be changed here.');
  return () => ({ changeLocations: change });
}

/** Judged when its turn comes: who may not change the image at all is told that first. */
function changeOf({ op, path: { attribute }, value, onlyNew }: Said): ImageChange {
  const field = fieldOf(attribute);
  if (field !== undefined) {
    if (op === 'remove') return refusing('forbidden', `${attribute} cannot be removed.`);
    if (onlyNew) return refusing('conflict', `The image already has a ${attribute}.`);
    return () => asField(field, value);
  }
  return (image) => {
    const isThere = Object.hasOwn(image.properties, attribute);
    if (isThere ? onlyNew : op !== 'add') throw propertyConflict(attribute, isThere);
    return op === 'remove'
      ? { removeProperties: [attribute] }
      : // Not by assignment: `__proto__` is a key like any other.
        { properties: Object.fromEntries([[attribute, value as string | null]]) };
  };
}

function refusing(code: 'forbidden' | 'conflict', message: string): ImageChange {
  return () => {
    throw new RegistryError(code, message);
  };
}

function propertyConflict(key: string, isThere: boolean): RegistryError {
  return new RegistryError(
    'conflict',
    isThere
      ? `The image already has a property ${quoted(key)}.`
      : `The image has no property ${quoted(key)}.`,
  );
}
