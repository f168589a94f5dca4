import assert from 'node:assert/strict';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import type { Image, ImageStatus } from '../../lib/domain/image.js';
import { SORT_KEYS, type Filter, type ImageQuery, type Scope } from '../../lib/domain/query.js';
import { PlainKeySpace } from '../support/plain-key-space.js';
import { sampleImage, sampleQuery, sampleTime } from '../support/sample-images.js';

const scopes: Scope[] = [
  { kind: 'visibility', visibility: 'public' },
  { kind: 'owner', project: 'owner' },
  { kind: 'member', project: 'owner', status: 'accepted' },
];
/** What listings show by default. */
const statuses = [
  'queued',
  'saving',
  'active',
  'deactivated',
  'uploading',
  'importing',
] as const satisfies ImageStatus[];

async function filled(count: number, changes: (n: number) => Partial<Image>): Promise<PlainKeySpace> {
  const space = new PlainKeySpace();
  const catalogue = new ImageCatalogue(new CatalogueSpace(space));
  await catalogue.open();
  for (let n = 0; n < count; n++) await catalogue.create(sampleImage(n, changes(n)));
  // The first scan sorts the rows.
  await catalogue.list(sampleQuery());
  return space;
}

async function cost(
  space: PlainKeySpace,
  query: ImageQuery,
): Promise<PlainKeySpace['counts'] & { found: number }> {
  const catalogue = new ImageCatalogue(new CatalogueSpace(space));
  await catalogue.open();
  space.resetCounts();
  const found = (await catalogue.list(query)).length;
  return { ...space.counts, found };
}

function indexed(field: 'name' | 'disk_format', value: string): Filter {
  return { test: (image) => image[field] === value, range: { field, min: value, max: value } };
}

/** Runs `work` and counts the turns of the event loop meanwhile. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let next: NodeJS.Immediate;
  const turn = (): void => {
    turns++;
    next = setImmediate(turn);
  };
  next = setImmediate(turn);
  try {
    await work();
  } finally {
    clearImmediate(next);
  }
  return turns;
}

describe('the cost of a listing', () => {
  let few: PlainKeySpace;
  let many: PlainKeySpace;

  before(async () => {
    const changes = (n: number): Partial<Image> => ({
      status: n % 2 === 0 ? 'active' : 'queued',
      disk_format: n % 20 < 10 ? 'raw' : 'qcow2',
      min_ram: n,
    });
    few = await filled(100, changes);
    many = await filled(10_000, changes);
  });

  for (const sortKey of SORT_KEYS) {
    it(`is the same with 100 and with 10 000 images, by ${sortKey}`, async () => {
      for (const sortDir of ['asc', 'desc'] as const) {
        const from = { image: sampleImage(50, { disk_format: 'raw' }), inclusive: false };
        for (const query of [
          sampleQuery({ scopes, statuses, sortKey, sortDir }),
          sampleQuery({ sortKey, sortDir, from, limit: 10 }),
        ]) {
          const small = await cost(few, query);
          const large = await cost(many, query);
          assert.equal(small.found, query.limit);
          assert.deepEqual(large, small);
          assert.equal(large.gets, 1);
          assert.equal(large.recordsRead, query.limit);
          // One round of reading is enough, in a handful of ranges of which four hold rows.
          assert.equal(large.scans, 1);
          assert.ok(large.ranges <= 2 * query.scopes.length, String(large.ranges));
          assert.ok(large.rowsRead <= 4 * query.limit, String(large.rowsRead));
        }
      }
    });
  }

  it('filtered by a status is that of the page, however rare or common the status is', async () => {
    const rare = ['saving', 'deactivated', 'killed', 'deleted', 'uploading'] as const;
    const of = async (count: number): Promise<PlainKeySpace> =>
      filled(count, (n) => ({
        status: n < 200 ? rare[n % rare.length]! : n % 10 === 0 ? 'active' : 'queued',
      }));
    const [small, large] = [await of(400), await of(8000)];
    for (const sortKey of SORT_KEYS)
      for (const sortDir of ['asc', 'desc'] as const)
        for (const wanted of [
          ['active'],
          ['queued'],
          ['saving'],
          ['deactivated', 'active'],
          ['killed'],
          ['deleted', 'saving', 'queued'],
        ] as const satisfies ImageStatus[][]) {
          const query = sampleQuery({ scopes, statuses: wanted, sortKey, sortDir, limit: 10 });
          const { found, recordsRead, scans, rowsRead, ranges } = await cost(large, query);
          const title = `${wanted.join()} by ${sortKey} ${sortDir}`;
          assert.deepEqual({ found, recordsRead, scans }, { found: 10, recordsRead: 10, scans: 1 }, title);
          assert.ok(rowsRead <= 2 * wanted.length * 10, title);
          assert.equal((await cost(small, query)).rowsRead, rowsRead, title);
          assert.equal(ranges, wanted.length * scopes.length, title);
        }
  });

  it('reads a page of 1 000 in few rounds, without reading 1 000 rows of every range', async () => {
    const { scans, rowsRead, found } = await cost(many, sampleQuery({ scopes, statuses, limit: 1000 }));
    assert.equal(found, 1000);
    assert.ok(rowsRead < 3500, String(rowsRead));
    assert.ok(scans <= 3, String(scans));
  });

  it('is small for a rare name under another order', async () => {
    const query = sampleQuery({ scopes, statuses, filters: [indexed('name', 'image 4711')] });
    const { found, recordsRead, rowsRead } = await cost(many, query);
    assert.deepEqual({ found, recordsRead, rowsRead }, { found: 1, recordsRead: 1, rowsRead: 2 });
  });

  it('is that of a page for a filter that often holds', async () => {
    const query = sampleQuery({ filters: [indexed('disk_format', 'raw')] });
    const { found, recordsRead, rowsRead } = await cost(many, query);
    assert.equal(found, 25);
    assert.ok(recordsRead <= 375, String(recordsRead));
    assert.ok(rowsRead <= 600, String(rowsRead));
  });

  it('is bounded by the images that a range of another field leaves', async () => {
    const min = sampleTime(9000);
    const changed: Filter = { test: (image) => image.updated_at >= min, range: { field: 'updated_at', min } };
    const query = sampleQuery({ statuses, filters: [changed], sortDir: 'asc', limit: 2000 });
    const { found, recordsRead } = await cost(many, query);
    assert.equal(found, 1000);
    assert.ok(recordsRead <= 1500, String(recordsRead));
  });

  it('narrows the order itself by a range of the sort key', async () => {
    const size: Filter = {
      test: ({ size: bytes }) => bytes === 4000,
      range: { field: 'size', min: 4000, max: 4000 },
    };
    const { found, rowsRead, recordsRead } = await cost(
      many,
      sampleQuery({ filters: [size], sortKey: 'size' }),
    );
    assert.deepEqual({ found, rowsRead, recordsRead }, { found: 1, rowsRead: 1, recordsRead: 1 });
  });

  it('narrows the order by all ranges of the sort key together', async () => {
    const upTo = (max: number): Filter => ({
      test: (image) => Number(image.size) <= max,
      range: { field: 'size', max },
    });
    const query = sampleQuery({ filters: [upTo(10), upTo(5000)], sortKey: 'size', sortDir: 'asc' });
    const { found, rowsRead } = await cost(many, query);
    assert.deepEqual({ found, rowsRead }, { found: 6, rowsRead: 6 });
  });

  it('finds rare images without an index by going through all, and is the whole then', async () => {
    const rare: Filter = { test: (image) => image.min_ram % 1000 === 0 };
    const { found, recordsRead } = await cost(many, sampleQuery({ statuses, filters: [rare] }));
    assert.deepEqual({ found, recordsRead }, { found: 10, recordsRead: 10_000 });
  });

  it('lets others have a turn at least every 200 records', async () => {
    const never: Filter = { test: () => false };
    const turns = await turnsDuring(() =>
      new ImageCatalogue(new CatalogueSpace(many)).list(sampleQuery({ statuses, filters: [never] })),
    );
    assert.ok(turns >= 10_000 / 200, String(turns));
  });

  it('stops between two slices when the caller goes', async () => {
    const gone = new AbortController();
    let tested = 0;
    const never: Filter = {
      test: () => {
        tested++;
        if (tested === 500) gone.abort(new Error('gone'));
        return false;
      },
    };
    const listing = new ImageCatalogue(new CatalogueSpace(many)).list(
      sampleQuery({ statuses, filters: [never] }),
      gone.signal,
    );
    await assert.rejects(listing, /^Error: gone$/);
    assert.ok(tested < 500 + 200, String(tested));
    many.resetCounts();
    await assert.rejects(
      new ImageCatalogue(new CatalogueSpace(many)).list(sampleQuery(), gone.signal),
      /^Error: gone$/,
    );
    assert.equal(many.counts.scans, 0);
  });

  it('asks nothing for a limit of 0', async () => {
    assert.deepEqual(await cost(many, sampleQuery({ limit: 0 })), {
      scans: 0,
      ranges: 0,
      rowsRead: 0,
      gets: 0,
      recordsRead: 0,
      commits: 0,
      found: 0,
    });
  });
});
