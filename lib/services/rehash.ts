import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BlobStore } from '../blobs/blob-store.js';
import { Meter } from '../blobs/meter.js';
import type { Image } from '../domain/image.js';
import { isRegistryError } from '../errors.js';

/**
 * Reads a blob and compares its digests with those that its image was stored with.
 * @returns what is wrong with it; null when nothing is, or when the image has no digest
 * @throws RegistryError `blob_not_found`; the signal's reason
 */
export async function digestFault(
  store: BlobStore,
  location: string,
  { checksum, os_hash_algo, os_hash_value }: Pick<Image, 'checksum' | 'os_hash_algo' | 'os_hash_value'>,
  signal?: AbortSignal,
): Promise<string | null> {
  const meter = new Meter(os_hash_algo === null ? {} : { hashAlgorithm: os_hash_algo });
  try {
    const data = await store.read(location, signal === undefined ? {} : { signal });
    await pipeline(data, meter, new Writable({ write: (_chunk, _encoding, done) => done() }));
  } catch (error) {
    signal?.throwIfAborted();
    if (isRegistryError(error, 'blob_not_found')) throw error;
    // Sectors that cannot be read concern this blob; a store that is down fails with the next one, which is asked for its size first.
    return 'its data cannot be read to its end';
  }
  const { md5, hash } = meter.result();
  if (os_hash_algo !== null && os_hash_value !== null && hash !== os_hash_value)
    return `its data has another ${os_hash_algo}: ${hash}`;
  if (checksum !== null && md5 !== null && md5 !== checksum.toLowerCase())
    return `its data has another md5: ${md5}`;
  return null;
}
