import { placesOf } from '../domain/data-places.js';
import type { ImportRequest } from '../domain/import-task.js';
import { RegistryError } from '../errors.js';
import type { ImportData } from './import-pass.js';
import type { ImportPlan } from './import-plan.js';
import type { Parts } from './parts.js';

/** Where the data of an import comes from. */
export function importDataOf(
  { stores, sources }: Pick<Parts, 'stores' | 'sources'>,
  { image, staged }: Pick<ImportPlan, 'image' | 'staged'>,
  { method, uri = '' }: ImportRequest,
): ImportData {
  if (method === 'web-download')
    return {
      length: null,
      facts: null,
      open: (signal) => sources.read(uri, { signal, unattended: true }),
    };
  if (staged !== undefined) {
    return {
      length: staged.reserved,
      facts: staged.facts ?? null,
      open: (signal) => stores.at(staged).read(staged.location, { signal }),
    };
  }
  const [place] = placesOf(image);
  const { checksum, os_hash_algo, os_hash_value } = image;
  const facts = os_hash_value === null ? null : { checksum, os_hash_algo, os_hash_value };
  const length = image.size ?? 0;
  return {
    length,
    facts,
    open: (signal) => {
      if (place === undefined) throw new RegistryError('internal', 'there is no data to copy');
      if (place.kind === 'blob') return stores.at(place.blob).read(place.blob.location, { signal });
      return sources.read(place.location.url, { signal, size: length, unattended: true });
    },
  };
}
