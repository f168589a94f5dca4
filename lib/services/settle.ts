import { blobOf, givenUp, withBlob } from '../domain/blob-entries.js';
import type { BlobEntry, Image } from '../domain/image.js';
import { withImportGivenUp } from '../domain/imports.js';
import { timeAfter, type Time } from '../domain/times.js';
import type { Parts } from './parts.js';
import { removeDoomed } from './doomed-blobs.js';

export type SettleParts = Pick<
  Parts,
  'catalogue' | 'stores' | 'quota' | 'staging' | 'clock' | 'log' | 'leaseTime'
>;

export interface Ending {
  /** For the image's owner: why the data never came. */
  readonly message: string;
  /** Whether the writer is known to have ended. Else its key is removed at once, and once more a lease time later. */
  readonly certain: boolean;
  /** What the image becomes, when that is not what the entry says. */
  readonly status?: 'queued';
}

export interface Settled {
  /** The image as it is afterwards; undefined when there is none. */
  readonly image: Image | undefined;
  /** The entry as it was found: somebody else may have settled it, or finished the writing. Undefined when it is gone. */
  readonly found: BlobEntry | undefined;
}

/**
 * Ends the writing of a blob that will not go on: the image becomes what the entry says, and the bytes are removed. A blob that is kept, or whose entry
 * is gone, is left alone. Any process may do it, and doing it twice or stopping midway does no harm.
 *
 * @throws RegistryError of the catalogue; then the entry is still there for another try
 */
export async function settleBlob(
  parts: SettleParts,
  id: string,
  blob: string,
  ending: Ending,
): Promise<Settled> {
  const { catalogue, clock, leaseTime } = parts;
  const outcome: { found?: BlobEntry | undefined } = {};
  const settled = await catalogue.update(id, (image) => {
    outcome.found = blobOf(image, blob);
    const now = clock.now();
    return settledImage(image, outcome.found, ending, now, ending.certain ? now : timeAfter(now, leaseTime));
  });
  const { found } = outcome;
  if (settled === undefined || found === undefined || found.state === 'kept')
    return { image: settled?.image, found };
  if (ending.certain) await removeDoomed(parts, settled.image);
  else await removeOnce(parts, id, found);
  return { image: settled.image, found };
}

/** @returns null when there is nothing (more) to settle */
function settledImage(
  image: Image,
  blob: BlobEntry | undefined,
  { message, certain, status }: Ending,
  now: Time,
  due: Time,
): Image | null {
  if (blob === undefined || blob.state === 'kept') return null;
  if (blob.process !== null) {
    if (blob.task !== undefined) return withImportGivenUp(image, blob.task, { message, now, due });
    const left = status === undefined ? blob : { ...blob, onFailure: status };
    return givenUp(image, left, { message, now, due });
  }
  // Somebody else has settled it. When the writer itself comes last, nothing will be written any more.
  return certain && blob.due !== null && blob.due > now ? withBlob(image, { ...blob, due: now }) : null;
}

/** What a silent writer has left goes now, too, as far as it can: the entry stays for what it may write yet. */
async function removeOnce({ stores, log }: SettleParts, id: string, blob: BlobEntry): Promise<void> {
  try {
    await stores.at(blob).discard(blob.key);
  } catch (error) {
    log.warn({ err: error, image: id }, 'what a silent registry wrote could not be removed yet');
  }
}
