import type { Measured } from '../blobs/meter.js';
import type { Image } from '../domain/image.js';
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
