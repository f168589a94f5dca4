import type { BlobEntry, Image } from './image.js';
import type { Time } from './times.js';

/** What an upload says of the blob that it is about to write. */
export type NewBlob = Pick<
  BlobEntry,
  'store' | 'purpose' | 'process' | 'onFailure' | 'owner' | 'reserved' | 'before' | 'task'
>;

/** The entry of a blob that is about to be written. */
export function newBlob(blob: NewBlob): BlobEntry {
  const id = crypto.randomUUID();
  return { ...blob, id, key: id, location: null, state: 'writing', due: null, tries: 0 };
}

/** The entry of this id; undefined when the record has none (any more). */
export function blobOf(image: Image, id: string): BlobEntry | undefined {
  return image.blobs.find((blob) => blob.id === id);
}

/** The record with another entry in the place of the one with its id. */
export function withBlob(image: Image, changed: BlobEntry): Image {
  return { ...image, blobs: image.blobs.map((blob) => (blob.id === changed.id ? changed : blob)) };
}

/** A blob that is whole. */
export type KeptBlob = BlobEntry & { readonly location: string };

/** Blobs that are the image's data, in no order; `placesOf` tells which is to be read first. */
export function keptBlobs(image: Pick<Image, 'blobs'>): readonly KeptBlob[] {
  return image.blobs.filter(isKept);
}

function isKept(blob: BlobEntry): blob is KeptBlob {
  return blob.state === 'kept' && blob.location !== null && blob.purpose !== 'staging';
}

/** The bytes that wait to be imported, once they are whole. */
export function stagedBlob({ blobs }: Pick<Image, 'blobs'>): KeptBlob | undefined {
  return blobs.find(
    (blob): blob is KeptBlob => blob.state === 'kept' && blob.location !== null && blob.purpose === 'staging',
  );
}

/** Whether the image has data to read, in a store of ours or elsewhere. */
export function hasData(image: Pick<Image, 'blobs' | 'locations'>): boolean {
  return image.locations.length > 0 || keptBlobs(image).length > 0;
}

/** Whether data is on its way to the image, or waits for its turn. */
export function isBeingWritten(image: Pick<Image, 'blobs'>): boolean {
  return image.blobs.some(({ state, purpose }) => state === 'writing' && purpose === 'data');
}

/** A blob that is to be removed. One that is still being written waits for its writer, or for that one's death. */
export function doomed(blob: BlobEntry, due: Time): BlobEntry {
  if (blob.state === 'doomed') return blob;
  return { ...blob, state: 'doomed', due: blob.process === null ? due : null };
}

/** When the first of the blobs that nobody writes any more is to be removed; null when there is none. */
export function firstDue(image: Pick<Image, 'blobs'>): Time | null {
  return image.blobs.reduce<Time | null>(
    (first, { due }) => (due !== null && (first === null || due < first) ? due : first),
    null,
  );
}

/** Bytes that the image has in the registry's own stores, those that wait to be removed included, but not those that wait to be imported. */
export function storedBytes({ blobs }: Pick<Image, 'blobs'>): number {
  return bytesOf(blobs.filter(({ purpose }) => purpose !== 'staging'));
}

/** Bytes that wait to be imported, those that wait to be removed included. */
export function stagedBytes({ blobs }: Pick<Image, 'blobs'>): number {
  return bytesOf(blobs.filter(({ purpose }) => purpose === 'staging'));
}

function bytesOf(blobs: readonly BlobEntry[]): number {
  return blobs.reduce((sum, { location, reserved }) => sum + (location === null ? 0 : reserved), 0);
}

/** Whole blobs count for whoever owns the image now; those that are being written, for whoever owned it when that began. */
export function withBlobsOfOwner(image: Image): Image {
  if (image.blobs.every(({ owner, location }) => location === null || owner === image.owner)) return image;
  const { owner } = image;
  return { ...image, blobs: image.blobs.map((blob) => (blob.location === null ? blob : { ...blob, owner })) };
}

/**
 * The record after a writer has ended without having finished: the image becomes what the entry says, the blob is to be removed.
 * @param message for the image's owner: why the data never came
 * @param due when what the writer has left is to be removed for the last time
 */
export function givenUp(
  image: Image,
  blob: BlobEntry,
  { message, now, due }: { readonly message: string; readonly now: Time; readonly due: Time },
): Image {
  const left = withBlob(image, { ...blob, state: 'doomed', process: null, due, before: null });
  if (blob.state !== 'writing' || blob.onFailure === 'none') return left;
  // What waited for its turn has not begun: other data may come.
  const status = image.status === 'queued' ? 'queued' : blob.onFailure;
  return { ...left, ...(status === 'queued' ? blob.before : null), status, message, updated_at: now };
}
