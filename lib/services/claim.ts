import type { ExpectedData, Image } from '../domain/image.js';
import { requireFormats } from '../domain/image-rules.js';
import { isRegistryError, RegistryError } from '../errors.js';
import type { Attempt } from './attempt.js';
import { dataRefused } from './image-checks.js';
import { locatedImage, requireOneSource, type ReadSource } from './image-source.js';

/** What a request makes of an image and its data, decided before the record is written. */
export interface Claim {
  /** The record to write: with the data's entry or location, or without when the data is refused. */
  readonly image: Image;
  /** Why the data is refused; to be thrown once the record is written. */
  readonly refusal: RegistryError | null;
}

export interface ClaimOptions {
  /** Size of the data as the client says. */
  readonly given: number | null;
  /** Size that the source tells. */
  readonly asked: number | null;
  /** Name of the store that stands for data elsewhere. */
  readonly store: string | null;
  /** What the image becomes when the data does not come. */
  readonly onFailure: 'killed' | 'queued';
  /** What the image says of its data when this attempt comes to nothing. */
  readonly before: ExpectedData;
}

/**
 * Lets an image take its data in the same commit that makes or changes it, so that an upload costs no commit more than it needs.
 * @param image the record without data
 * @param attempt what will bring the data; null when none is to be copied or uploaded
 */
export function claimData(
  image: Image,
  source: ReadSource,
  { given, asked, onFailure, store, before }: ClaimOptions,
  attempt: Attempt | null,
): Claim {
  const { data, location } = source;
  try {
    requireOneSource(source);
    if (location !== undefined)
      return { image: locatedImage(image, { url: location, store }, given, asked ?? 0), refusal: null };
    if (attempt === null) return { image, refusal: null };
    if (data !== null && image.status !== 'queued') throw dataRefused(image);
    requireFormats(image);
  } catch (refusal) {
    if (isRegistryError(refusal)) return { image, refusal };
    throw refusal;
  }
  // As the reference: data of another type is never taken for this image again.
  if (data?.refusal !== undefined)
    return {
      image: { ...image, status: 'killed', message: data.refusal },
      refusal: new RegistryError('bad_request', data.refusal),
    };
  // A copy waits for its turn.
  const status = data === null ? 'queued' : 'saving';
  const reserved = data?.length ?? image.size ?? 0;
  const isAsBefore = before.size === image.size && before.store === image.store;
  const claimed = attempt.claim(image, {
    purpose: 'data',
    onFailure,
    reserved,
    before: isAsBefore ? null : before,
  });
  return { image: { ...claimed, status, message: null }, refusal: null };
}
