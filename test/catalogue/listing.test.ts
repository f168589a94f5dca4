import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import KeyvRedis from '@keyv/redis';
import fc from 'fast-check';
import Keyv from 'keyv';
import { keySpaceFor } from '../../lib/catalogue/adapters/key-space-for.js';
import { KeyvLmdb } from '../../lib/catalogue/adapters/keyv-lmdb.js';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import type { KeySpace } from '../../lib/catalogue/key-space.js';
import { STATUSES, type Image } from '../../lib/domain/image.js';
import { reversed, SORT_KEYS, type ImageQuery, type Scope } from '../../lib/domain/query.js';
import { asked, EVERYTHING, naiveList, queryOf, type Asked } from '../support/catalogue/naive-listing.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';
import { images, PROJECTS, sampleImage } from '../support/mounts/sample-images.js';

async function catalogueOf(
  all: readonly Image[],
  space: KeySpace = new PlainKeySpace(),
): Promise<ImageCatalogue> {
  const catalogue = new ImageCatalogue(new CatalogueSpace(space));
  await catalogue.open();
  for (const image of all) assert.ok(await catalogue.create(image));
  return catalogue;
}

const idsOf = (found: readonly Image[]): string[] => found.map(({ id }) => id);
const marker = fc.option(fc.record({ at: fc.nat(), inclusive: fc.boolean() }), { nil: null });

function markerOf(
  all: readonly Image[],
  chosen: { at: number; inclusive: boolean } | null,
): ImageQuery['from'] {
  const image = chosen === null ? undefined : all[chosen.at % all.length];
  return chosen === null || image === undefined ? null : { image, inclusive: chosen.inclusive };
}

/** Every query is answered as filtering and sorting all images would. */
async function answersAsNaively(make: () => Promise<KeySpace>, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      images,
      fc.array(fc.tuple(asked, marker), { minLength: 1, maxLength: 8 }),
      async (all, queries) => {
        const space = await make();
        const catalogue = await catalogueOf(all, space);
        for (const [wanted, chosen] of queries) {
          const from = markerOf(all, chosen);
          assert.deepEqual(idsOf(await catalogue.list(queryOf(wanted, from))), naiveList(all, wanted, from));
        }
        await space.close();
      },
    ),
    { numRuns },
  );
}

describe('listing', () => {
  it('answers every query as filtering and sorting all images would', () =>
    answersAsNaively(() => Promise.resolve(new PlainKeySpace()), 1000));

  it('finds by its very time an image whose id is among the highest', async () => {
    const created_at = '2024-01-01T00:00:00.999999';
    const id = 'ff000000-0000-4000-8000-000000000000';
    const catalogue = await catalogueOf([sampleImage(1), sampleImage(2, { id, created_at })]);
    const filter = {
      test: (image: Image) => image.created_at === created_at,
      index: { kind: 'field', field: 'created_at', ranges: [{ min: created_at, max: created_at }] },
    } as const;
    const wanted: Asked = {
      scopes: EVERYTHING,
      statuses: STATUSES,
      hidden: 'excluded',
      conditions: [{ filter, holds: filter.test }],
      sort: [{ key: 'name', dir: 'asc' }],
      limit: 10,
    };
    assert.deepEqual(idsOf(await catalogue.list(queryOf(wanted, null))), [id]);
  });

  describe('on every medium', () => {
    let folder = '';
    let redis: TestRedis;
    let keyvs: Keyv[] = [];
    let count = 0;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'listing-'));
      redis = await startRedis();
    });
    afterEach(async () => {
      await Promise.all(keyvs.map((keyv) => keyv.disconnect()));
      keyvs = [];
    });
    after(async () => {
      await redis.stop();
      await rm(folder, { recursive: true });
    });
    const on = (keyv: (run: string) => Keyv) => (): Promise<KeySpace> => {
      const made = keyv(String(count++));
      keyvs.push(made);
      return Promise.resolve(keySpaceFor(made));
    };

    it('does so on LMDB', () =>
      answersAsNaively(
        on((run) => new Keyv({ store: new KeyvLmdb({ path: join(folder, run) }), throwOnErrors: true })),
        15,
      ));
    it('does so on Redis', () =>
      answersAsNaively(
        on((namespace) => new Keyv(new KeyvRedis(redis.url), { namespace, throwOnErrors: true })),
        15,
      ));
    it('does so on any Keyv', () =>
      answersAsNaively(
        on(() => new Keyv()),
        30,
      ));
  });

  it('gives the whole, page by page, in both directions', async () => {
    await fc.assert(
      fc.asyncProperty(images, asked, fc.integer({ min: 1, max: 7 }), async (all, wanted, limit) => {
        const catalogue = await catalogueOf(all);
        const whole = naiveList(all, { ...wanted, limit: all.length }, null);
        const forwards: Image[] = [];
        for (;;) {
          const last = forwards.at(-1);
          const from = last === undefined ? null : { image: last, inclusive: false };
          const page = await catalogue.list(queryOf({ ...wanted, limit }, from));
          if (page.length === 0) break;
          forwards.push(...page);
        }
        assert.deepEqual(idsOf(forwards), whole);
        // The page that ends with an image, read backwards from it.
        const backwards: Asked = { ...wanted, sort: reversed(completed(wanted.sort)), limit };
        for (const [at, image] of forwards.entries()) {
          const page = await catalogue.list(queryOf(backwards, { image, inclusive: true }));
          assert.deepEqual(idsOf(page), whole.slice(Math.max(0, at + 1 - limit), at + 1).reverse());
        }
      }),
      { numRuns: 300 },
    );
  });

  it('shows an image once that several scopes hold', async () => {
    await fc.assert(
      fc.asyncProperty(images, fc.constantFrom(...SORT_KEYS), async (all, key) => {
        const catalogue = await catalogueOf(all);
        const scopes: Scope[] = [
          ...EVERYTHING,
          ...PROJECTS.map((id): Scope => ({ kind: 'owner', project: id })),
          ...PROJECTS.map((id): Scope => ({ kind: 'member', project: id, status: 'accepted' })),
        ];
        const listed = await catalogue.list({
          scopes,
          statuses: STATUSES,
          hidden: 'included',
          filters: [],
          sort: [{ key, dir: 'asc' }],
          from: null,
          limit: 1000,
        });
        assert.equal(listed.length, all.length);
        assert.equal(new Set(idsOf(listed)).size, all.length);
      }),
    );
  });
});

/** The order with its ties said, so that it can be reversed as a whole. */
function completed(sort: ImageQuery['sort']): ImageQuery['sort'] {
  const dir = sort.at(-1)?.dir ?? 'asc';
  return [...sort, { key: 'created_at', dir }, { key: 'id', dir }];
}
