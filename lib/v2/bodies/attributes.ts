import type { ImageMetadata } from '../../domain/metadata.js';
import { RegistryError } from '../../errors.js';
import { quoted } from '../schemas/refusal.js';

/** The attributes of an image that clients set, and what records call them. All that stands in no table here is an extra property. */
const FIELDS: ReadonlyMap<string, keyof ImageMetadata> = new Map<string, keyof ImageMetadata>([
  ['name', 'name'],
  ['visibility', 'visibility'],
  ['os_hidden', 'hidden'],
  ['protected', 'protected'],
  ['disk_format', 'disk_format'],
  ['container_format', 'container_format'],
  ['min_ram', 'min_ram'],
  ['min_disk', 'min_disk'],
  ['owner', 'owner'],
  ['tags', 'tags'],
]);

/** Attributes that say where things are; a new image that names them is refused before anything else of it is looked at. */
const ADDRESSES: readonly string[] = ['self', 'file', 'schema', 'direct_url', 'stores'];

/** Attributes that only the service sets. */
const READ_ONLY: readonly string[] = [
  ...ADDRESSES,
  'status',
  'size',
  'virtual_size',
  'checksum',
  'os_hash_algo',
  'os_hash_value',
  'created_at',
  'updated_at',
];

/** Names that no property gets. */
const RESERVED: readonly string[] = ['location', 'deleted', 'deleted_at'];

/** Keys that begin so belong to the registry. */
export const OWN_PREFIX = 'os_glance';

/** Most characters of a property's key. */
const KEY_LENGTH = 255;

/** The attribute's name in records; undefined for a property. */
export function fieldOf(attribute: string): keyof ImageMetadata | undefined {
  return FIELDS.get(attribute);
}

/** Whether images have an attribute of that name, so that a property of the same name, which v1 takes, stays out of sight. */
export function isBaseAttribute(name: string): boolean {
  return FIELDS.has(name) || READ_ONLY.includes(name) || name === 'id' || name === 'locations';
}

/** Whether no property may have that name. */
export function isReserved(name: string): boolean {
  return RESERVED.includes(name) || name.startsWith(OWN_PREFIX);
}

/**
 * Refuses attributes that no client sets, neither in a new image nor later.
 * @throws RegistryError `forbidden`
 */
export function requireSettable(attribute: string): void {
  if (READ_ONLY.includes(attribute) || isReserved(attribute))
    throw new RegistryError('forbidden', `${quoted(attribute)} cannot be set.`);
}

/**
 * Refuses a new image that says where it is.
 * @throws RegistryError `forbidden`
 */
export function requireNoAddress(attributes: object): void {
  const named = ADDRESSES.find((attribute) => Object.hasOwn(attributes, attribute));
  if (named !== undefined) requireSettable(named);
}

/**
 * Refuses names that no attribute has.
 * @throws RegistryError `bad_request`
 */
export function requireName(attribute: string): void {
  if (attribute === '' || Array.from(attribute).length > KEY_LENGTH)
    throw new RegistryError(
      'bad_request',
      `The name of an attribute has 1 to ${KEY_LENGTH} characters: ${quoted(attribute)}`,
    );
}

/** An attribute with a value that the schema has allowed, as records have it. */
export function asField(field: keyof ImageMetadata, value: unknown): ImageMetadata {
  return { [field]: value };
}
