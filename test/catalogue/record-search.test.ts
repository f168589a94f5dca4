import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyvLmdb } from '../../lib/catalogue/adapters/keyv-lmdb.js';
import { lmdbKeySpace } from '../../lib/catalogue/adapters/lmdb-key-space.js';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import type { KeySpace } from '../../lib/catalogue/key-space.js';
import { imageKey } from '../../lib/catalogue/rows.js';
import * as filters from '../../lib/domain/filters.js';
import type { Image } from '../../lib/domain/image.js';
import type { ImageQuery } from '../../lib/domain/query.js';
import { isRegistryError } from '../../lib/errors.js';
import { sampleImage, sampleQuery } from '../support/mounts/sample-images.js';

const COUNT = 9000;

/** An id in no order, as those of real images. */
function idOf(n: number): string {
  const digits = createHash('sha256').update(String(n)).digest('hex');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4000-8000-${digits.slice(12, 24)}`;
}

function imageOf(n: number): Image {
  return sampleImage(n, {
    id: idOf(n),
    owner: n % 20 === 1 ? 'small' : 'owner',
    visibility: n % 20 === 1 ? 'private' : 'public',
    checksum: n === 77 ? 'wanted' : `other ${n}`,
    protected: n % 1000 === 500,
    min_ram: n % 1500 === 2 ? 512 : 256,
    // What stands elsewhere in the record must not count.
    properties: {
      ...(n % 700 === 3 ? { kernel: 'a "quoted" ünïcode\n' } : {}),
      ...(n % 900 === 7 ? { kernel: '"protected":true,"checksum":"wanted","min_ram":512' } : {}),
      ...(n % 900 === 8 ? { my_kernel: 'a "quoted" ünïcode\n' } : {}),
      common: String(n % 89),
    },
  });
}

describe('a search of all records', () => {
  let folder = '';
  let lmdb: KeySpace;
  let searching: ImageCatalogue;
  let plain: ImageCatalogue;
  let onStep = (): void => undefined;
  const counts = { judged: 0, steps: 0, read: 0 };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'record-search-'));
    lmdb = lmdbKeySpace(new KeyvLmdb({ path: folder }), { disconnects: true });
    const without: KeySpace = {
      open: () => lmdb.open(),
      get: (...args) => {
        counts.read += args[0].length;
        return lmdb.get(...args);
      },
      scanMany: (...args) => lmdb.scanMany(...args),
      commit: (...args) => lmdb.commit(...args),
      close: () => lmdb.close(),
    };
    const counting: KeySpace = {
      ...without,
      search: async (search, fence) => {
        counts.steps += 1;
        onStep();
        const test = (json: string): boolean => {
          counts.judged += 1;
          return search.test?.(json) ?? true;
        };
        // A search has several steps, however fast the machine is.
        return lmdb.search!({ ...search, limit: Math.min(search.limit, 2000), test }, fence);
      },
    };
    searching = new ImageCatalogue(new CatalogueSpace(counting));
    plain = new ImageCatalogue(new CatalogueSpace(without));
    await searching.open();
    await plain.open();
    for (let from = 0; from < COUNT; from += 1000)
      await Promise.all(Array.from({ length: 1000 }, (_, n) => searching.create(imageOf(from + n))));
  });
  after(async () => {
    await searching.close();
    await rm(folder, { recursive: true });
  });

  const everything = [
    { kind: 'visibility', visibility: 'public' },
    { kind: 'visibility', visibility: 'private' },
  ] as const;

  /** Lists by both, and tells what the search has cost. */
  const listed = async (given: Partial<ImageQuery>): Promise<typeof counts & { found: number }> => {
    const query = sampleQuery({ scopes: everything, limit: 25, ...given });
    const expected = await plain.list(query);
    Object.assign(counts, { judged: 0, steps: 0, read: 0 });
    const found = await searching.list(query);
    assert.deepEqual(
      found.map(({ id }) => id),
      expected.map(({ id }) => id),
    );
    return { ...counts, found: found.length };
  };

  const asked: Readonly<Record<string, Partial<ImageQuery>>> = {
    'a checksum': { filters: [filters.textIs('checksum', 'wanted')] },
    'a property': { filters: [filters.propertyIs('kernel', 'a "quoted" ünïcode\n')] },
    'what is protected': { filters: [filters.protectedIs(true)] },
    'a number': { filters: [filters.numberIs('min_ram', 512)] },
    'an interval of numbers': { filters: [filters.numberBetween('min_ram', 500)] },
    'two conditions': {
      filters: [filters.protectedIs(true), filters.numberBetween('min_ram', undefined, 300)],
    },
    nothing: { filters: [filters.textIs('checksum', 'no such')] },
    'the first of them': { filters: [filters.protectedIs(true)], limit: 3 },
    'two keys of which many share the first': {
      filters: [filters.protectedIs(true)],
      sort: [
        { key: 'disk_format', dir: 'asc' },
        { key: 'name', dir: 'desc' },
      ],
    },
  };
  for (const [title, given] of Object.entries(asked)) {
    it(`finds the same as going through all in order: ${title}`, async () => {
      for (const dir of ['asc', 'desc'] as const)
        for (const from of [null, { image: imageOf(5000), inclusive: true }])
          await listed({ sort: [{ key: 'size', dir }], from, ...given });
    });
  }

  it('reads and decodes no more than a few thousand images and those that have the texts', async () => {
    const { found, judged, read, steps } = await listed({ filters: [filters.numberIs('min_ram', 512)] });
    assert.deepEqual({ found, judged }, { found: 6, judged: 6 });
    assert.ok(steps >= 1, String(steps));
    assert.ok(read <= 2200 + 20, String(read));
  });

  it('decodes what has a text elsewhere, and does not take it for what is wanted', async () => {
    const { found, judged, read } = await listed({
      filters: [filters.propertyIs('kernel', 'a "quoted" ünïcode\n')],
    });
    assert.deepEqual({ found, judged }, { found: 13, judged: 13 + 10 });
    assert.ok(read <= 2200 + 30, String(read));
  });

  it('judges the JSON of those that have a number, and reads those whose number may be meant', async () => {
    const { found, judged, read } = await listed({
      filters: [filters.numberBetween('min_ram', 500), filters.textIs('checksum', 'other 2')],
    });
    assert.deepEqual({ found, judged }, { found: 1, judged: 1 });
    assert.ok(read <= 2200 + 20, String(read));
  });

  it('is not made for what records leave out', async () => {
    for (const filter of [filters.protectedIs(false), filters.numberBetween('min_disk', 0)]) {
      const { steps } = await listed({ filters: [filter, filters.fieldIs('disk_format', ['none'])] });
      assert.equal(steps, 0);
    }
    const { found, steps } = await listed({
      filters: [filters.protectedIs(false), filters.textIs('checksum', 'wanted')],
    });
    assert.equal(found, 1);
    assert.ok(steps > 0);
  });

  it('is not made for a page that is soon full', async () => {
    const { found, steps } = await listed({ filters: [filters.propertyIs('common', '7')], limit: 5 });
    assert.deepEqual({ found, steps }, { found: 5, steps: 0 });
  });

  it('is not made for those who see few of all images', async () => {
    const { found, steps } = await listed({
      scopes: [{ kind: 'owner', project: 'small' }],
      filters: [filters.textIs('checksum', 'no such')],
    });
    assert.deepEqual({ found, steps }, { found: 0, steps: 0 });
  });

  it('is given up when it finds so many that they are not far in the order', async () => {
    const { found, steps, read } = await listed({ filters: [filters.propertyIs('common', '11')], limit: 25 });
    assert.equal(found, 25);
    assert.ok(steps >= 1, String(steps));
    assert.ok(read < 4000, String(read));
  });

  it('stops when the caller goes', async () => {
    const gone = new AbortController();
    Object.assign(counts, { steps: 0 });
    const filter = filters.textIs('checksum', 'no such');
    const query = sampleQuery({ scopes: everything, filters: [filter] });
    onStep = () => {
      gone.abort(new Error('gone'));
      onStep = () => undefined;
    };
    await assert.rejects(searching.list(query, gone.signal), /^Error: gone$/);
    assert.equal(counts.steps, 1);
  });

  it('on LMDB goes through keys in order, some at a time, and obeys the fence', async () => {
    const start = imageKey('');
    const end = imageKey('g');
    const texts = ['protected":true', 'min_ram":256'];
    const seen: string[] = [];
    let at = start;
    for (let steps = 1; ; steps += 1) {
      const found = await lmdb.search?.({ start: at, end, limit: 4000, texts });
      assert.ok(found);
      seen.push(...found.keys);
      if (found.last === null) {
        assert.ok(steps >= 3, String(steps));
        break;
      }
      at = `${found.last}\0`;
    }
    const expected = Array.from({ length: COUNT }, (_, n) => n)
      .filter((n) => n % 1000 === 500)
      .map((n) => imageKey(idOf(n)));
    assert.deepEqual(seen, expected.sort());
    assert.deepEqual(await lmdb.search?.({ start: end, end, limit: 1, texts }), { keys: [], last: null });
    await assert.rejects(
      lmdb.search?.({ start, end, limit: 1, texts }, { version: 'other', lock: '' }) ?? Promise.resolve(),
      (error) => isRegistryError(error, 'unavailable'),
    );
  });
});
