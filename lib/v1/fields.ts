import type { ImageChanges } from '../domain/metadata.js';
import { foldedKey } from '../domain/property-keys.js';
import { parseTime } from '../domain/times.js';
import { RegistryError } from '../errors.js';

/** Where the data of an image is to come from, besides the body. */
export interface Sources {
  /** `x-image-meta-location`: data that stays where it is. */
  readonly location?: string;
  /** `x-glance-api-copy-from`: data to copy. */
  readonly copyFrom?: string;
}

/** What a request says of an image. */
export interface Described extends Sources {
  readonly metadata: ImageChanges;
}

type Reader = (text: string, field: string) => Partial<Described['metadata']> & Sources;

const text: (field: keyof ImageChanges) => Reader = (field) => (value, label) => {
  if (value === '') throw new RegistryError('bad_request', `${label} must not be empty.`);
  return { [field]: value };
};

const nullable: (field: keyof ImageChanges) => Reader = (field) => (value) => ({
  [field]: value === '' ? null : value,
});

const integer: (field: keyof ImageChanges) => Reader = (field) => (value, label) => {
  if (!/^\s*[+-]?\d+\s*$/.test(value))
    throw new RegistryError('bad_request', `${label} is not convertible to an integer.`);
  return { [field]: Number(value) };
};

const bytes: (field: keyof ImageChanges) => Reader = (field) => (value, label) => {
  const read = integer(field)(value, label);
  if (Number(value) < 0 || Number(value) > Number.MAX_SAFE_INTEGER)
    throw new RegistryError('bad_request', `${label} is out of range.`);
  return read;
};

/** Text is read leniently, as the reference does: what is no word for true is false. */
export function readBoolean(value: string): boolean {
  return ['true', 't', 'yes', 'y', 'on', '1'].includes(value.trim().toLowerCase());
}

const boolean: (field: keyof ImageChanges) => Reader = (field) => (value) => ({
  [field]: readBoolean(value),
});

const time: (field: keyof ImageChanges) => Reader = (field) => (value, label) => {
  const parsed = parseTime(value);
  if (parsed === null)
    throw new RegistryError('bad_request', `${label} is not a time in ISO 8601 from 1900 on.`);
  return { [field]: parsed };
};

const ignored: Reader = () => ({});

/** The metadata fields that a request may name, Images API v1. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  // Whether it is one is asked where it is used.
  ['id', text('id')],
  ['name', nullable('name')],
  ['status', (value) => ({ status: value })],
  ['is_public', boolean('is_public')],
  ['protected', boolean('protected')],
  ['disk_format', text('disk_format')],
  ['container_format', text('container_format')],
  ['size', bytes('size')],
  // python clients send None for a size that they do not know.
  [
    'virtual_size',
    (value, label) => (value === 'None' ? { virtual_size: null } : bytes('virtual_size')(value, label)),
  ],
  ['checksum', nullable('checksum')],
  ['min_ram', integer('min_ram')],
  ['min_disk', integer('min_disk')],
  ['owner', nullable('owner')],
  ['created_at', time('created_at')],
  ['updated_at', time('updated_at')],
  ['deleted_at', time('deleted_at')],
  ['store', text('store')],
  ['location', readLocation],
  // Sent back by clients that hold a whole image; none of them can be set.
  ['deleted', ignored],
  ['uri', ignored],
  ['copy_from', ignored],
]);

function readLocation(value: string, label: string): Sources {
  if (value === '') throw new RegistryError('bad_request', `${label} must not be empty.`);
  return { location: value };
}

/** Collects fields, from headers, a form or JSON alike; `-` in their names means `_`, case does not count. */
export class Description {
  readonly #fields = new Map<string, Described['metadata'] & Sources>();
  readonly #properties = new Map<string, string | null>();

  /**
   * Adds a field.
   * @param field without `x-image-meta-`
   * @param label what the client called it, for messages
   * @throws RegistryError `bad_request`: unknown, named twice, or a bad value
   */
  add(field: string, value: string, label: string): void {
    const name = foldedKey(field);
    if (name.startsWith('property_')) {
      this.addProperty(name.slice('property_'.length), value === '' ? null : value, label);
      return;
    }
    const reader = READERS.get(name);
    if (reader === undefined) throw new RegistryError('bad_request', `There is no metadata field ${label}.`);
    if (this.#fields.has(name)) throw new RegistryError('bad_request', `${label} was given twice.`);
    this.#fields.set(name, reader(value, label));
  }

  /** Adds a property. Its key is folded whichever way it comes: no header could tell it from a protected one otherwise. */
  addProperty(given: string, value: string | null, label: string): void {
    const key = foldedKey(given);
    if (this.#properties.has(key)) throw new RegistryError('bad_request', `${label} was given twice.`);
    this.#properties.set(key, value);
  }

  /** Adds the source to copy from. */
  addCopyFrom(value: string): void {
    if (value === '') throw new RegistryError('bad_request', 'x-glance-api-copy-from must not be empty.');
    this.#fields.set('copy_from header', { copyFrom: value });
  }

  /** All that was added. */
  result(): Described {
    const { location, copyFrom, ...metadata } = Object.assign({}, ...this.#fields.values()) as ImageChanges &
      Sources;
    return {
      metadata: { ...metadata, properties: Object.fromEntries(this.#properties) },
      ...(location === undefined ? {} : { location }),
      ...(copyFrom === undefined ? {} : { copyFrom }),
    };
  }
}
