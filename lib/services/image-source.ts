import { Readable } from 'node:stream';
import type { Image } from '../domain/image.js';
import { requireFormats } from '../domain/image-rules.js';
import type { Action } from '../domain/policy/actions.js';
import { RegistryError } from '../errors.js';
import type { Parts } from './parts.js';
import type { ImageData } from './transfer.js';

/** Where the data of an image comes from; more than one place is refused. */
export interface ImageSource {
  /** From the caller: bytes, or a stream of them, which is read to its end or destroyed. */
  readonly data?: ImageData | Readable | Uint8Array | null | undefined;
  /** URL at which it stays. */
  readonly location?: string | undefined;
  /** URL to copy it from, in the background. */
  readonly copyFrom?: string | undefined;
}

/** A source with its data in one form. */
export interface ReadSource {
  readonly data: ImageData | null;
  readonly location: string | undefined;
  readonly copyFrom: string | undefined;
}

/**
 * Reads a source, from whomever it comes.
 * @throws RegistryError `bad_request`
 */
export function readSource({ data, location, copyFrom }: ImageSource): ReadSource {
  for (const address of [location, copyFrom] as readonly unknown[])
    if (address !== undefined && (typeof address !== 'string' || address === ''))
      throw new RegistryError('bad_request', 'The address of a source must be a string.');
  return { data: readData(data), location, copyFrom };
}

function readData(data: ImageSource['data']): ImageData | null {
  if (data === undefined || data === null) return null;
  if (data instanceof Readable) return { open: () => data, length: null };
  if (data instanceof Uint8Array) {
    // A stream of bytes that is given an empty chunk never ends.
    const parts = data.length === 0 ? [] : [data];
    return { open: () => Readable.from(parts, { objectMode: false }), length: data.length };
  }
  if (typeof data.open === 'function') return data;
  throw new RegistryError('bad_request', 'The data of an image must be bytes or a stream.');
}

/** Keeps a stream that fails before it is read from ending the process, as Node.js does where nobody listens; who reads it gets the error. */
export function expectFailure({ data }: ImageSource): void {
  if (data instanceof Readable) data.on('error', () => undefined);
}

/** Ends a stream that a caller has given for data that nobody will read. */
export function dropData({ data }: ImageSource): void {
  if (data instanceof Readable) data.destroy();
}

/** How many places data is to come from. */
export function sourcesIn({ data, location, copyFrom }: ReadSource): number {
  return [data ?? undefined, location, copyFrom].filter((source) => source !== undefined).length;
}

/** The address of a source elsewhere. */
export function remoteOf({ location, copyFrom }: ReadSource): string | undefined {
  return location ?? copyFrom;
}

/** What the policy must allow of those who bring data so. */
export function actionsOf({ data, location, copyFrom }: ReadSource): readonly Action[] {
  return [
    ...(copyFrom === undefined ? [] : (['copy_from'] as const)),
    ...(data === null && copyFrom === undefined ? [] : (['upload_image'] as const)),
    ...(location === undefined ? [] : (['set_image_location'] as const)),
  ];
}

/** Whether there is data for the image, and nothing about the image speaks against it. */
export function canTake(image: Image, source: ReadSource): boolean {
  return sourcesIn(source) === 1 && image.disk_format !== null && image.container_format !== null;
}

/**
 * Asks a source elsewhere for its size. To be called for callers who may do so only: it connects to an address of theirs.
 * @returns bytes; null when there is no such source, or when it is refused anyway
 * @throws RegistryError `bad_request` for an address that is none or not to be used; `not_found`; `too_large`
 */
export async function askSource(
  { sources }: Pick<Parts, 'sources'>,
  source: ReadSource,
  signal: AbortSignal,
): Promise<number | null> {
  const url = remoteOf(source);
  // As the reference: what is to be copied is asked for its size though there is a body, too.
  if (url === undefined || (sourcesIn(source) > 1 && source.location !== undefined)) return null;
  sources.check(url);
  return sources.size(url, signal);
}

/**
 * Refuses data from two places at once.
 * @throws RegistryError `bad_request`
 */
export function requireOneSource(source: ReadSource): void {
  if (sourcesIn(source) > 1)
    throw new RegistryError('bad_request', 'The data of an image comes from one source, not from several.');
}

/**
 * An image that is active with data that stays where it is.
 * @param store name of the store that stands for data elsewhere
 * @param given its size as the client says
 * @param actual its size
 * @throws RegistryError `conflict` when the sizes differ, `bad_request` when formats are missing
 */
export function locatedImage(
  image: Image,
  { url, store }: { readonly url: string; readonly store: string | null },
  given: number | null,
  actual: number,
): Image {
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
    locations: [{ url, metadata: {}, status: 'active', ...(store === null ? {} : { store }) }],
  };
}
