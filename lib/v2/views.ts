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

/** An image as the Images API v2 shows it: base fields and extra properties side by side. */
export function imageView(image: PublicImage, known: SchemaProperties): object {
  const self = `/v2/images/${image.id}`;
  return {
    ...propertiesOf(image, known),
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
    ...(image.stores.length === 0 ? {} : { stores: image.stores.join() }),
    ...(image.locations === undefined ? {} : { locations: image.locations }),
    ...(image.direct_url === undefined ? {} : { direct_url: image.direct_url }),
    self,
    file: `${self}/file`,
    schema: '/v2/schemas/image',
  };
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
  const isShown = (key: string): boolean => !key.startsWith(OWN_PREFIX) || SHOWN_IMPORT.includes(key);
  const shown = Object.entries(properties).filter(([key]) => !isBaseAttribute(key) && isShown(key));
  // Only v1 sets properties to null where the schema knows no null.
  return Object.fromEntries(
    shown.map(([key, value]) => [key, value ?? (isNullable(known, key) ? null : '')]),
  );
}

function isNullable(known: SchemaProperties, key: string): boolean {
  return Object.hasOwn(known, key) && Array.isArray(known[key]?.type);
}

/** A time as v2 shows it. */
export function seconds(time: Time): string {
  return `${time.slice(0, 19)}Z`;
}
