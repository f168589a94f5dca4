import type { Image } from '../domain/image.js';
import { publicImage } from '../domain/public-image.js';
import type { Attempt } from './attempt.js';
import type { Claim } from './claim.js';
import type { Copies } from './copies.js';
import type { Actor } from './events.js';
import type { ReadSource } from './image-source.js';
import type { Parts } from './parts.js';
import type { Transfer } from './transfer.js';

/** What the use cases that bring data work with. */
export interface DataParts extends Parts {
  readonly transfer: Transfer;
  readonly copies: Copies;
}

/**
 * Makes or changes an image, and brings its data.
 * @param write makes the change, with the claim of the attempt that brings the data; null when none is uploaded or copied
 * @throws what `write` throws, the claim's refusal, and what `Attempt.run` throws
 */
export async function bringData(
  { transfer, copies, events }: DataParts,
  id: string,
  source: ReadSource,
  { by, signal }: { readonly by: Actor; readonly signal: AbortSignal },
  write: (attempt: Attempt | null) => Promise<Claim>,
): Promise<Image> {
  const { data, location, copyFrom } = source;
  if (data === null && copyFrom === undefined) {
    const { image, refusal } = await write(null);
    if (refusal !== null) throw refusal;
    if (location !== undefined) events.tell('image.activate', publicImage(image), { by });
    return image;
  }
  const turn = copyFrom === undefined ? null : copies.enter(by);
  try {
    const attempt = await transfer.begin(by);
    const { image, refusal } = await attempt.enter(id, () => write(attempt));
    if (refusal !== null) {
      attempt.abandon();
      throw refusal;
    }
    if (data !== null)
      return await attempt.run(() => Promise.resolve(image), data, { signal, refused: 'queued' });
    if (copyFrom !== undefined && turn !== null) copies.start(attempt, turn, image, copyFrom);
    return image;
  } catch (error) {
    turn?.end();
    throw error;
  }
}
