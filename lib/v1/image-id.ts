import { noSuchImage } from '../domain/access.js';
import { parseUuid } from '../domain/uuid.js';
import type { Exchange } from '../http/context.js';

/**
 * The id of the image that the path names, in whatever form of uuid.
 * @throws RegistryError `not_found`: what is no uuid names no image
 */
export function idOf({ params }: Exchange): string {
  const id = parseUuid(params.id ?? '');
  if (id === null) throw noSuchImage();
  return id;
}
