import type { ImageCatalogue } from '../../../lib/catalogue/image-catalogue.js';
import { STATUSES, VISIBILITIES, type Image } from '../../../lib/domain/image.js';

/** All records of a catalogue, hidden and deleted ones too. */
export async function allImages(catalogue: ImageCatalogue): Promise<Image[]> {
  return catalogue.list({
    scopes: VISIBILITIES.map((visibility) => ({ kind: 'visibility', visibility })),
    statuses: STATUSES,
    hidden: 'included',
    filters: [],
    sort: [{ key: 'id', dir: 'asc' }],
    from: null,
    limit: 1_000_000,
  });
}
