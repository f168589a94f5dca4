import assert from 'node:assert/strict';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import type { Image, ImageStatus } from '../../lib/domain/image.js';
import { fieldIs, numberIs, sizeBetween, timeWithin } from '../../lib/domain/filters.js';
import { SORT_KEYS, type Filter, type Scope } from '../../lib/domain/query.js';
import { costOf, filledSpace } from '../support/catalogue/listing-cost.js';
import type { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import { sampleId, sampleImage, sampleQuery, sampleTime } from '../support/mounts/sample-images.js';

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
    few = await filledSpace(100, changes);
    many = await filledSpace(10_000, changes);
  });

  for (const sortKey of SORT_KEYS) {
    it(`is the same with 100 and with 10 000 images, by ${sortKey}`, async () => {
      for (const sortDir of ['asc', 'desc'] as const) {
        const from = { image: sampleImage(50, { disk_format: 'raw' }), inclusive: false };
        for (const query of [
          sampleQuery({ scopes, statuses, sort: [{ key: sortKey, dir: sortDir }] }),
          sampleQuery({ sort: [{ key: sortKey, dir: sortDir }], from, limit: 10 }),
        ]) {
          const small = await costOf(few, query);
          const large = await costOf(many, query);
          assert.equal(small.found, query.limit);
          assert.deepEqual(large, small);
          assert.equal(large.gets, 1);
          assert.equal(large.recordsRead, query.limit);
          // One round of reading is enough, in two ranges of each scope, where an owner has three besides the public one.
          assert.equal(large.scans, 1);
          assert.ok(large.ranges <= 10, String(large.ranges));
          assert.ok(large.rowsRead <= 4 * query.limit, String(large.rowsRead));
        }
      }
    });
  }

  it('filtered by a status is that of the page, however rare or common the status is', async () => {
    const rare = ['saving', 'deactivated', 'killed', 'deleted', 'uploading'] as const;
    const of = async (count: number): Promise<PlainKeySpace> =>
      filledSpace(count, (n) => ({
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
          const query = sampleQuery({
            scopes,
            statuses: wanted,
            sort: [{ key: sortKey, dir: sortDir }],
            limit: 10,
          });
          const { found, recordsRead, scans, rowsRead, ranges } = await costOf(large, query);
          const title = `${wanted.join()} by ${sortKey} ${sortDir}`;
          assert.deepEqual({ found, recordsRead, scans }, { found: 10, recordsRead: 10, scans: 1 }, title);
          assert.ok(rowsRead <= 2 * wanted.length * 10, title);
          assert.equal((await costOf(small, query)).rowsRead, rowsRead, title);
          assert.equal(ranges, wanted.length * 5, title);
        }
  });

  it('reads a page of 1 000 in few rounds, without reading 1 000 rows of every range', async () => {
    const { scans, rowsRead, found } = await costOf(many, sampleQuery({ scopes, statuses, limit: 1000 }));
    assert.equal(found, 1000);
    assert.ok(rowsRead < 3500, String(rowsRead));
    assert.ok(scans <= 4, String(scans));
  });

  it('of which little is taken is small', async () => {
    many.resetCounts();
    const catalogue = new ImageCatalogue(new CatalogueSpace(many));
    await catalogue.open();
    many.resetCounts();
    let taken = 0;
    for await (const batch of catalogue.stream(sampleQuery({ scopes, statuses, limit: 10_000 }))) {
      for (const image of batch) {
        assert.equal(image.id, sampleId(9_999 - taken));
        taken += 1;
      }
      if (taken >= 250) break;
    }
    const { scans, recordsRead } = many.counts;
    assert.equal(recordsRead, 400);
    assert.ok(scans <= 3, String(scans));
  });

  it('is small for a rare name under another order', async () => {
    const query = sampleQuery({ scopes, statuses, filters: [fieldIs('name', ['image 4711'])] });
    const { found, recordsRead, rowsRead } = await costOf(many, query);
    assert.deepEqual({ found, recordsRead, rowsRead }, { found: 1, recordsRead: 1, rowsRead: 1 });
  });

  it('is that of a page for a filter that often holds', async () => {
    const query = sampleQuery({ filters: [fieldIs('disk_format', ['raw'])] });
    const { found, recordsRead, rowsRead } = await costOf(many, query);
    assert.equal(found, 25);
    assert.ok(recordsRead <= 375, String(recordsRead));
    assert.ok(rowsRead <= 600, String(rowsRead));
  });

  it('is bounded by the images that a range of another field leaves', async () => {
    const min = sampleTime(9000);
    const query = sampleQuery({
      statuses,
      filters: [timeWithin('updated_at', { min })],
      sort: [{ key: 'created_at', dir: 'asc' }],
      limit: 2000,
    });
    const { found, recordsRead } = await costOf(many, query);
    assert.equal(found, 1000);
    assert.ok(recordsRead <= 1500, String(recordsRead));
  });

  it('narrows the order itself by a range of the sort key', async () => {
    const query = sampleQuery({ filters: [numberIs('size', 4000)], sort: [{ key: 'size', dir: 'desc' }] });
    const { found, rowsRead, recordsRead } = await costOf(many, query);
    assert.deepEqual({ found, rowsRead, recordsRead }, { found: 1, rowsRead: 1, recordsRead: 1 });
  });

  it('narrows the order by all ranges of the sort key together', async () => {
    const upTo = (max: number): Filter => sizeBetween(undefined, max, false);
    const query = sampleQuery({ filters: [upTo(10), upTo(5000)], sort: [{ key: 'size', dir: 'asc' }] });
    const { found, rowsRead } = await costOf(many, query);
    assert.deepEqual({ found, rowsRead }, { found: 6, rowsRead: 6 });
  });

  it('finds rare images without an index by going through all, and is the whole then', async () => {
    const rare: Filter = { test: (image) => image.min_ram % 1000 === 0 };
    const { found, recordsRead } = await costOf(many, sampleQuery({ statuses, filters: [rare] }));
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
    assert.deepEqual(await costOf(many, sampleQuery({ limit: 0 })), {
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
