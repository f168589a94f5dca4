/**
 * Fills a catalogue with images, one part of them, so that several processes can do it together: `node fill.js lmdb FOLDER COUNT PART PARTS`, or with `redis` and
 * an address. To LMDB it writes what the catalogue would, thousands of images in a transaction: their rows are the catalogue's own.
 */
import path from 'node:path';
import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { KeyvLmdb } from '../lib/index.js';
import { keySpaceFor } from '../lib/catalogue/adapters/key-space-for.js';
import { CatalogueSpace } from '../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../lib/catalogue/image-catalogue.js';
import { CATALOGUE_KEY, LAYOUT, stateOf, storedRows } from '../lib/catalogue/row-set.js';
import { imageKey, storedValue } from '../lib/catalogue/rows.js';
import { benchImage } from './bench-image.js';

/** Images of one transaction, or on their way to Redis at once. */
const BATCH = { lmdb: 2000, redis: 100 };

const [, , kind, place, count, part, parts] = process.argv;
if (place === undefined || parts === undefined || (kind !== 'lmdb' && kind !== 'redis'))
  throw new Error('which engine, where, how many, which part of how many?');

if (kind === 'lmdb') await fillLmdb(place);
else await fillRedis(place);

/** Numbers of the images of this part, a batch at a time. */
function* batches(size: number): Generator<number[]> {
  for (let from = size * Number(part); from < Number(count); from += size * Number(parts))
    yield Array.from({ length: Math.min(size, Number(count) - from) }, (_, index) => from + index);
}

async function fillLmdb(folder: string): Promise<void> {
  // The registry's own default, in the very same place.
  const store = new KeyvLmdb({ path: path.join(folder, 'metadata') });
  const keyv = new Keyv({ store, throwOnErrors: true });
  const space = keySpaceFor(keyv);
  await new CatalogueSpace(space).open();
  const [state] = await space.get([CATALOGUE_KEY]);
  if (state === undefined) throw new Error('the catalogue says nothing of its rows');
  const { rows: set } = stateOf(state.value);
  const root = await store.open();
  const name = store.namespace ?? '';
  const records = root.openDB<string, string>({ name: `${name}/records`, encoding: 'string' });
  const rows = root.openDB<Buffer, Buffer>({
    name: `${name}/rows`,
    keyEncoding: 'binary',
    encoding: 'binary',
  });
  const nothing = Buffer.alloc(0);
  for (const numbers of batches(BATCH.lmdb)) {
    const made = numbers.map((n) => {
      const value = { ...benchImage(n) };
      const key = imageKey(value.id);
      const keys = storedRows(key, value, LAYOUT, set).map((row) => Buffer.from(row, 'latin1'));
      return { key, text: JSON.stringify({ revision: 1, value: storedValue(key, value) }), keys };
    });
    root.transactionSync(() => {
      for (const { key, text, keys } of made) {
        records.putSync(key, text);
        for (const row of keys) rows.putSync(row, nothing);
      }
    });
  }
  await keyv.disconnect();
}

async function fillRedis(url: string): Promise<void> {
  const keyv = new Keyv({ store: new KeyvRedis(url), throwOnErrors: true });
  const catalogue = new ImageCatalogue(new CatalogueSpace(keySpaceFor(keyv)));
  await catalogue.open();
  for (const numbers of batches(BATCH.redis)) {
    const made = await Promise.all(numbers.map((n) => catalogue.create(benchImage(n))));
    if (made.includes(undefined)) throw new Error('an image was there already');
  }
  await catalogue.close();
  await keyv.disconnect();
}
