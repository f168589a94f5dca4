/** Fills the catalogue of a data folder with active images: `tsx fill.ts FOLDER COUNT`. */
import path from 'node:path';
import Keyv from 'keyv';
import { KeyvLmdb } from '../lib/index.js';
import { keySpaceFor } from '../lib/catalogue/adapters/key-space-for.js';
import { CatalogueSpace } from '../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../lib/catalogue/image-catalogue.js';
import { benchImage } from './bench-image.js';

/** Commits under way at once: they share the waiting for the disk. */
const AT_ONCE = 2000;

const [, , folder, count] = process.argv;
if (folder === undefined || count === undefined) throw new Error('which folder, how many?');
// The registry's own default, in the very same place.
const store = new KeyvLmdb({ path: path.join(folder, 'metadata') });
const catalogue = new ImageCatalogue(
  new CatalogueSpace(keySpaceFor(new Keyv({ store, throwOnErrors: true }))),
);
await catalogue.open();
for (let from = 0; from < Number(count); from += AT_ONCE) {
  const numbers = Array.from({ length: Math.min(AT_ONCE, Number(count) - from) }, (_, index) => from + index);
  const made = await Promise.all(numbers.map((number) => catalogue.create(benchImage(number))));
  if (made.includes(undefined)) throw new Error('an image was there already');
}
await catalogue.close();
