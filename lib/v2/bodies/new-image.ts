import type { ImageMetadata } from '../../domain/metadata.js';
import { RegistryError } from '../../errors.js';
import type { Check } from '../schemas/compile-schema.js';
import { asField, fieldOf, requireName, requireNoAddress, requireSettable } from './attributes.js';

/**
 * The body of `POST /v2/images`.
 * @param checkImage the schema of an image
 * @throws RegistryError `bad_request`, `forbidden` for attributes that no client sets
 */
export function readNewImage(body: unknown, checkImage: Check): ImageMetadata {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new RegistryError('bad_request', 'A new image is described by a JSON object.');
  requireNoAddress(body);
  checkImage(body);
  const { id, ...attributes } = body as Readonly<Record<string, unknown>> & { readonly id?: string };
  const names = Object.keys(attributes);
  names.forEach(requireName);
  for (const name of names) {
    requireSettable(name);
    // Where data lies is said by PATCH, where it may be said at all.
    if (name === 'locations') throw new RegistryError('forbidden', 'A new image cannot have locations.');
  }
  const fields = Object.entries(attributes).flatMap(([name, value]) => {
    const field = fieldOf(name);
    return field === undefined ? [] : [asField(field, value)];
  });
  const properties = Object.entries(attributes).filter(([name]) => fieldOf(name) === undefined);
  return Object.assign({}, id === undefined ? {} : { id: id.toLowerCase() }, ...fields, {
    // Not by assignment: `__proto__` is a key like any other.
    properties: Object.fromEntries(properties),
  }) as ImageMetadata;
}
