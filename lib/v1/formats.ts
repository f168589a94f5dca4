import type { ImageChanges } from '../domain/metadata.js';
import { RegistryError } from '../errors.js';
import type { ImageChange } from '../services/update-image.js';

/** Formats of the Amazon family: where one is, the other must be the same. */
const AMAZON: readonly unknown[] = ['ami', 'ari', 'aki'];

type Formats = Pick<ImageChanges, 'disk_format' | 'container_format'>;

/**
 * The metadata with both formats, when it names one of the Amazon family.
 * @throws RegistryError `bad_request` when it names another one beside
 */
export function withBothFormats<T extends ImageChanges>(metadata: T): T {
  const { disk_format, container_format } = metadata;
  if (!isAmazon(metadata)) return metadata;
  const both = {
    disk_format: disk_format ?? container_format,
    container_format: container_format ?? disk_format,
  };
  requireSame(both);
  return { ...metadata, ...both };
}

/** What follows a change of formats: the record must not be left with one of the Amazon family and a different one. */
export function formatsChecked({ disk_format, container_format }: ImageChanges): readonly ImageChange[] {
  if (disk_format === undefined && container_format === undefined) return [];
  return [
    (image) => {
      if (image.disk_format !== null && image.container_format !== null) requireSame(image);
      return null;
    },
  ];
}

function isAmazon({ disk_format, container_format }: Formats): boolean {
  return AMAZON.includes(disk_format) || AMAZON.includes(container_format);
}

function requireSame(formats: Formats): void {
  if (isAmazon(formats) && formats.disk_format !== formats.container_format)
    throw new RegistryError(
      'bad_request',
      'With a disk_format or container_format of ami, ari or aki, both must be the same.',
    );
}
