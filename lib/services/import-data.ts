import type { Readable } from 'node:stream';
import type { Image } from '../domain/image.js';
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
      from: { store: stores.at(staged), location: staged.location },
      open: (signal) => stores.at(staged).read(staged.location, { signal }),
    };
  }
  return copyOf(stores, sources, image);
}

/** The data that an image has. What lies elsewhere may have changed: it is looked at as it passes, and must be what the image says. */
function copyOf(stores: Parts['stores'], sources: Parts['sources'], image: Image): ImportData {
  const [place] = placesOf(image);
  if (place === undefined) throw new RegistryError('internal', 'there is no data to copy');
  const length = image.size ?? 0;
  if (place.kind === 'location') {
    const { url } = place.location;
    const open = (signal: AbortSignal): Promise<Readable> =>
      sources.read(url, { signal, size: length, unattended: true });
    return { length, facts: null, open };
  }
  const { blob } = place;
  const { checksum, os_hash_algo, os_hash_value } = image;
  const facts = os_hash_value === null ? null : { checksum, os_hash_algo, os_hash_value };
  const store = stores.at(blob);
  const { location } = blob;
  return { length, facts, from: { store, location }, open: (signal) => store.read(location, { signal }) };
}
