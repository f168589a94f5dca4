import type { Member, PublicImage } from '../domain/image.js';
import type { Time } from '../domain/times.js';
import { isBaseAttribute, OWN_PREFIX } from './bodies/attributes.js';
import type { SchemaProperties } from './schemas/schema-properties.js';

/** Internal properties that are shown: how far an import is. */
const SHOWN_IMPORT: readonly string[] = [
  'os_glance_import_task',
  'os_glance_importing_to_stores',
  'os_glance_failed_import',
];

/**
 * JSON of an image as the Images API v2 shows it: extra properties and base fields side by side. It is put together of two texts: an object with
 * the keys of both would be one of its own kind for each set of properties, which takes many times longer to make.
 */
export function imageText(image: PublicImage, known: SchemaProperties): string {
  const self = `/v2/images/${image.id}`;
  const properties = JSON.stringify(propertiesOf(image, known)).slice(1, -1);
  const base = JSON.stringify({
    id: image.id,
    name: image.name,
    status: image.status,
    visibility: image.visibility,
    protected: image.protected,
    os_hidden: image.hidden,
    checksum: image.checksum,
    os_hash_algo: image.os_hash_algo,
    os_hash_value: image.os_hash_value,
    size: image.size,
    virtual_size: image.virtual_size,
    disk_format: image.disk_format,
    container_format: image.container_format,
    min_ram: image.min_ram,
    min_disk: image.min_disk,
    owner: image.owner,
    tags: image.tags,
    created_at: seconds(image.created_at),
    updated_at: seconds(image.updated_at),
    stores: image.stores.length === 0 ? undefined : image.stores.join(),
    locations: image.locations,
    direct_url: image.direct_url,
    self,
    file: `${self}/file`,
    schema: '/v2/schemas/image',
  });
  return properties === '' ? base : `{${properties},${base.slice(1)}`;
}

/** A member as the Images API v2 shows it. */
export function memberView(image: string, { id, status, created_at, updated_at }: Member): object {
  return {
    member_id: id,
    image_id: image,
    status,
    created_at: seconds(created_at),
    updated_at: seconds(updated_at),
    schema: '/v2/schemas/member',
  };
}

function propertiesOf({ properties }: PublicImage, known: SchemaProperties): object {
  const keys = Object.keys(properties);
  if (keys.every((key) => isShown(key) && properties[key] !== null)) return properties;
  // Only v1 sets properties to null where the schema knows no null.
  return Object.fromEntries(
    keys.filter(isShown).map((key) => [key, properties[key] ?? (isNullable(known, key) ? null : '')]),
  );
}

function isShown(key: string): boolean {
  return !isBaseAttribute(key) && (!key.startsWith(OWN_PREFIX) || SHOWN_IMPORT.includes(key));
}

function isNullable(known: SchemaProperties, key: string): boolean {
  return Object.hasOwn(known, key) && Array.isArray(known[key]?.type);
}

/** A time as v2 shows it. */
export function seconds(time: Time): string {
  return `${time.slice(0, 19)}Z`;
}
