import { parseUuid } from '../domain/uuid.js';
import type { Exchange } from '../http/context.js';

/** The id of the image that the path names, in whatever form of uuid; what is none names no image. */
export function idOf({ params }: Exchange): string {
  const { id = '' } = params;
  return parseUuid(id) ?? id;
}
