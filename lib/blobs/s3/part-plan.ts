import { RegistryError } from '../../errors.js';

const MIB = 1024 * 1024;
/** Parts of one upload; Amazon S3, "Multipart upload limits". */
export const MOST_PARTS = 10_000;
/** Bytes of one part; the same. */
const LARGEST_PART = 5 * 1024 * MIB;

/** How an upload is cut. All parts but the last have the same size, as some servers demand. */
export interface PartPlan {
  /** Bytes of a part. */
  readonly partSize: number;
  /** Parts on their way at once. */
  readonly concurrency: number;
}

/**
 * Plans the parts of an upload: of the size that is wanted, or as large as 10 000 of them have to be for what is known to come. Where parts have to be
 * larger, fewer are on their way at once, so that memory stays what it was as far as possible.
 * @param wanted the usual plan
 * @param size bytes that will come, when that is known
 * @throws RegistryError `store_full` for more than S3 can take
 */
export function partPlan(wanted: PartPlan, size: number | undefined): PartPlan {
  const needed = Math.ceil((size ?? 0) / MOST_PARTS);
  if (needed <= wanted.partSize) return wanted;
  const partSize = Math.ceil(needed / MIB) * MIB;
  if (partSize > LARGEST_PART)
    throw new RegistryError(
      'store_full',
      `s3 store: ${size ?? 0} bytes are more than S3 takes in one object`,
    );
  const concurrency = Math.max(1, Math.floor((wanted.concurrency * wanted.partSize) / partSize));
  return { partSize, concurrency };
}
