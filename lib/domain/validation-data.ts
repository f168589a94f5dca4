import { RegistryError } from '../errors.js';
import type { Image } from './image.js';

/** What a client knows of data that nobody here has read. */
export interface ValidationData {
  /** md5, hex. */
  readonly checksum?: string | undefined;
  /** The digest that the option `hashAlgorithm` names. */
  readonly os_hash_algo: string;
  /** Hex. */
  readonly os_hash_value: string;
}

/** Characters of a digest in hex. */
const HEX_LENGTH: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
]);
const MD5_LENGTH = 32;

/**
 * The record with what is known of its data. A queued image takes it; for one with data it must be what is known already.
 * @throws RegistryError `conflict`
 */
export function validatedImage(image: Image, data: ValidationData, hashAlgorithm: string): Image {
  if (data.os_hash_algo !== hashAlgorithm)
    throw new RegistryError('conflict', `os_hash_algo must be ${hashAlgorithm}.`);
  requireHex('os_hash_value', data.os_hash_value, HEX_LENGTH.get(hashAlgorithm) ?? 0);
  if (data.checksum !== undefined) requireHex('checksum', data.checksum, MD5_LENGTH);
  const known = Object.entries(data).filter((entry): entry is [keyof ValidationData, string] =>
    FIELDS.some((field) => field === entry[0] && entry[1] !== undefined),
  );
  for (const [field, value] of known) {
    const isSame = image[field] === null ? image.status === 'queued' : image[field] === value;
    if (!isSame) throw new RegistryError('conflict', `The ${field} does not match the one of the image.`);
  }
  return { ...image, ...Object.fromEntries(known) };
}

const FIELDS = ['checksum', 'os_hash_algo', 'os_hash_value'] as const satisfies (keyof ValidationData)[];

function requireHex(field: string, value: string, length: number): void {
  if (value.length !== length || !/^[0-9a-f]*$/i.test(value))
    throw new RegistryError('conflict', `The ${field} must have ${length} hexadecimal digits.`);
}
