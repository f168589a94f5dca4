import { CatalogueSpace } from '../../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../../lib/catalogue/image-catalogue.js';
import type { Image } from '../../../lib/domain/image.js';
import type { ImageQuery } from '../../../lib/domain/query.js';
import { PlainKeySpace } from './plain-key-space.js';
import { sampleImage, sampleQuery } from '../mounts/sample-images.js';

/** A key space that counts, with the images 0 to `count` - 1. */
export async function filledSpace(
  count: number,
  changes: (n: number) => Partial<Image>,
): Promise<PlainKeySpace> {
  const space = new PlainKeySpace();
  const catalogue = new ImageCatalogue(new CatalogueSpace(space));
  await catalogue.open();
  for (let n = 0; n < count; n++) await catalogue.create(sampleImage(n, changes(n)));
  // The first scan sorts the rows.
  await catalogue.list(sampleQuery());
  space.changes.length = 0;
  return space;
}

/** What a listing asks of the key space, and how many images it finds. */
export async function costOf(
  space: PlainKeySpace,
  query: ImageQuery,
): Promise<PlainKeySpace['counts'] & { found: number }> {
  const catalogue = new ImageCatalogue(new CatalogueSpace(space));
  await catalogue.open();
  space.resetCounts();
  const found = (await catalogue.list(query)).length;
  return { ...space.counts, found };
}
