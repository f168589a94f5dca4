import type { Caller } from '../domain/identity.js';
import type { Image } from '../domain/image.js';
import { requireFormats } from '../domain/image-rules.js';
import { RegistryError } from '../errors.js';
import type { Parts } from './parts.js';
import type { ImageData } from './transfer.js';

/** Where the data of an image comes from; more than one place is refused. */
export interface ImageSource {
  /** From the caller. */
  readonly data?: ImageData | null;
  /** URL at which it stays. */
  readonly location?: string;
  /** URL to copy it from. */
  readonly copyFrom?: string;
}

/** The address of a source elsewhere. */
export function remoteOf({ location, copyFrom }: ImageSource): string | undefined {
  return location ?? copyFrom;
}

/**
 * Asks a source elsewhere for its size. To be called for callers who may do so only: it connects to an address of theirs.
 * @returns bytes; null when there is no such source
 * @throws RegistryError `forbidden`; `bad_request` for an address that is none or not to be used; `not_found`; `too_large`
 */
export async function askSource(
  { access, sources }: Pick<Parts, 'access' | 'sources'>,
  caller: Caller,
  image: Image | null,
  source: ImageSource,
  signal: AbortSignal,
): Promise<number | null> {
  const url = remoteOf(source);
  if (url === undefined) return null;
  access.require(source.location === undefined ? 'copy_from' : 'set_image_location', caller, image);
  for (const address of [source.location, source.copyFrom]) if (address !== undefined) sources.check(address);
  return sources.size(url, signal);
}

/**
 * Refuses data from two places at once.
 * @throws RegistryError `bad_request`
 */
export function requireOneSource({ data, location, copyFrom }: ImageSource): void {
  if ([data ?? undefined, location, copyFrom].filter((source) => source !== undefined).length > 1)
    throw new RegistryError('bad_request', 'The data of an image comes from one source, not from several.');
}

/**
 * An image that is active with data that stays where it is.
 * @param given its size as the client says
 * @param actual its size
 * @throws RegistryError `conflict` when the sizes differ, `bad_request` when formats are missing
 */
export function locatedImage(image: Image, url: string, given: number | null, actual: number): Image {
  if (given !== null && given !== actual)
    throw new RegistryError(
      'conflict',
      `The size does not match: ${given} bytes were announced, the source has ${actual}.`,
    );
  requireFormats(image);
  return {
    ...image,
    status: 'active',
    size: actual,
    locations: [{ url, metadata: {}, status: 'active' }],
  };
}
