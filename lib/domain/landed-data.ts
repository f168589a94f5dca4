import { withBlob } from './blob-entries.js';
import type { BlobEntry, DataFacts, Image } from './image.js';
import type { Time } from './times.js';

/** Data that is whole in a store. */
export interface LandedData {
  /** The store's own name for it. */
  readonly location: string;
  /** Bytes. */
  readonly size: number;
  readonly facts: DataFacts;
}

/** The record of an image that has got its data. */
export function withData(image: Image, entry: BlobEntry, landed: LandedData, now: Time): Image {
  const { location, size, facts } = landed;
  const kept = keptEntry(image, entry, { location, size });
  return { ...withBlob(image, kept), status: 'active', size, ...facts, updated_at: now };
}

/**
 * The record of an image whose data waits to be imported.
 * @param due when it goes if nobody imports it
 */
export function withStaged(
  image: Image,
  entry: BlobEntry,
  { location, size, facts }: LandedData,
  { now, due }: { readonly now: Time; readonly due: Time },
): Image {
  const kept = { ...keptEntry(image, entry, { location, size }), facts, due };
  return { ...withBlob(image, kept), size, updated_at: now };
}

/** The entry of a blob that is whole. */
export function keptEntry(
  { owner }: Image,
  entry: BlobEntry,
  { location, size }: Pick<LandedData, 'location' | 'size'>,
): BlobEntry {
  return { ...entry, state: 'kept', process: null, location, owner, reserved: size, before: null };
}
