import { RegistryError } from '../errors.js';
import type { Description } from './fields.js';

/** What openstacksdk means for itself and sends along with the fields of the image. */
const CLIENT_PARAMETERS: ReadonlySet<string> = new Set([
  'validate_checksum',
  'allow_duplicates',
  'wait',
  'timeout',
]);

/**
 * Reads the metadata of a JSON document, as python-openstackclient sends it to create an image.
 * @throws RegistryError `bad_request`
 */
export function readJson(bytes: Buffer, description: Description): void {
  const document = parseObject(bytes);
  const wrapped = document.get('image');
  const fields = isObject(wrapped) ? new Map(Object.entries(wrapped)) : document;
  for (const [name, value] of fields) {
    if (name === 'properties' && isObject(value))
      for (const [key, entry] of Object.entries(value))
        description.addProperty(key, entry === null ? null : textOf(entry, key), key);
    else if (value !== null && !CLIENT_PARAMETERS.has(name)) description.add(name, textOf(value, name), name);
  }
}

function parseObject(bytes: Buffer): Map<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new RegistryError('bad_request', 'The body is not valid JSON.', { cause: error });
  }
  if (!isObject(document)) throw new RegistryError('bad_request', 'The body must be a JSON object.');
  return new Map(Object.entries(document));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new RegistryError('bad_request', `${name} must be a string, a number or a boolean.`);
}
