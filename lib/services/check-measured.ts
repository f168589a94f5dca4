import type { Measured } from '../blobs/meter.js';
import type { DataFacts, Image } from '../domain/image.js';
import { RegistryError } from '../errors.js';

/**
 * What was said of the data beforehand must be true.
 * @throws RegistryError `bad_request`
 */
export function checkMeasured(image: Pick<Image, 'size' | 'checksum'>, measured: Measured): void {
  if (image.size !== null && image.size !== measured.size)
    throw new RegistryError(
      'bad_request',
      `The size does not match: ${image.size} bytes were announced, ${measured.size} came.`,
    );
  if (image.checksum !== null && measured.md5 !== null && image.checksum.toLowerCase() !== measured.md5)
    throw new RegistryError(
      'bad_request',
      `The checksum does not match: ${image.checksum} was announced, the data has ${measured.md5}.`,
    );
}

/**
 * Copied data must be what the image says.
 * @param hashAlgorithm by which it was digested
 * @throws RegistryError `blob_damaged`
 */
export function checkDigest(
  { id, os_hash_algo, os_hash_value }: Pick<Image, 'id' | 'os_hash_algo' | 'os_hash_value'>,
  { hash }: Measured,
  hashAlgorithm: string,
): void {
  if (os_hash_value !== null && os_hash_algo === hashAlgorithm && os_hash_value !== hash)
    throw new RegistryError('blob_damaged', `what lies elsewhere is not the data of image ${id} any more`);
}

/**
 * What has been found in data.
 * @param hashAlgorithm by which it was digested
 * @param virtualSize undefined: it was not looked for
 */
export function factsOf(
  { md5, hash }: Measured,
  hashAlgorithm: string,
  virtualSize: number | null | undefined,
): DataFacts {
  const facts = { checksum: md5, os_hash_algo: hashAlgorithm, os_hash_value: hash };
  return virtualSize === undefined ? facts : { ...facts, virtual_size: virtualSize };
}
