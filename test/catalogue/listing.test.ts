import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import { MEMBER_STATUSES, STATUSES, takesMembers, VISIBILITIES, type Image } from '../../lib/domain/image.js';
import {
  indexValue,
  SORT_KEYS,
  type Filter,
  type ImageQuery,
  type IndexValue,
  type Scope,
  type SortKey,
} from '../../lib/domain/query.js';
import { PlainKeySpace } from '../support/plain-key-space.js';
import { images, NAMES, PROJECTS, sampleTime } from '../support/sample-images.js';

const project = fc.constantFrom(...PROJECTS);
const scope: fc.Arbitrary<Scope> = fc.oneof(
  fc.record({ kind: fc.constant('visibility' as const), visibility: fc.constantFrom(...VISIBILITIES) }),
  fc.record({ kind: fc.constant('owner' as const), project }),
  fc.record({ kind: fc.constant('member' as const), project, status: fc.constantFrom(...MEMBER_STATUSES) }),
);
const everything: Scope[] = VISIBILITIES.map((visibility) => ({ kind: 'visibility', visibility }));

function equals(
  field: 'name' | 'container_format' | 'status',
  value: string | null,
  indexed: boolean,
): Filter {
  const test = (image: Image): boolean => image[field] === value;
  return indexed ? { test, range: { field, min: value, max: value } } : { test };
}

const filter: fc.Arbitrary<Filter> = fc.oneof(
  fc.tuple(fc.constantFrom(...NAMES), fc.boolean()).map(([name, indexed]) => equals('name', name, indexed)),
  fc.constantFrom(null, 'bare', 'no such').map((format) => equals('container_format', format, true)),
  fc.constantFrom(0, 1, 256, 2 ** 63).map((min): Filter => ({
    test: (image) => (image.size ?? 0) >= min,
    range: { field: 'size', min },
  })),
  fc.constantFrom(0, 1, 256).map((max): Filter => ({
    test: (image) => (image.size ?? 0) <= max,
    range: { field: 'size', max },
  })),
  fc.constantFrom(1, 2).map((n): Filter => ({
    test: (image) => image.updated_at >= sampleTime(n),
    range: { field: 'updated_at', min: sampleTime(n) },
  })),
  fc.constant<Filter>({ test: (image) => image.disk_format === 'raw' }),
);

const query: fc.Arbitrary<Omit<ImageQuery, 'from'> & { marker: number | null; inclusive: boolean }> =
  fc.record({
    scopes: fc.oneof(fc.constant(everything), fc.array(scope, { maxLength: 5 })),
    statuses: fc.oneof(fc.constant([...STATUSES]), fc.subarray([...STATUSES])),
    hidden: fc.boolean(),
    filters: fc.array(filter, { maxLength: 2 }),
    sortKey: fc.constantFrom(...SORT_KEYS),
    sortDir: fc.constantFrom('asc' as const, 'desc' as const),
    limit: fc.nat(50),
    marker: fc.option(fc.nat(), { nil: null }),
    inclusive: fc.boolean(),
  });

function compareValues(a: IndexValue, b: IndexValue): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

function compareImages(a: Image, b: Image, key: SortKey): number {
  return (
    compareValues(indexValue(a, key), indexValue(b, key)) ||
    compareValues(a.created_at, b.created_at) ||
    compareValues(a.id, b.id)
  );
}

function isVisible(image: Image, within: Scope): boolean {
  if (within.kind === 'visibility') return image.visibility === within.visibility;
  if (within.kind === 'owner') return image.owner === within.project;
  return (
    takesMembers(image) &&
    image.members.some(({ id, status }) => id === within.project && status === within.status)
  );
}

/** What the catalogue must answer, found the long way. */
function naiveList(all: readonly Image[], { sortKey, from, ...asked }: ImageQuery): string[] {
  const direction = asked.sortDir === 'asc' ? 1 : -1;
  const found = all.filter((image) => {
    const place = from === null ? 1 : compareImages(image, from.image, sortKey) * direction;
    return (
      (place > 0 || (place === 0 && from?.inclusive === true)) &&
      asked.statuses.includes(image.status) &&
      (asked.hidden || !image.hidden) &&
      asked.scopes.some((within) => isVisible(image, within)) &&
      asked.filters.every(({ test }) => test(image))
    );
  });
  found.sort((a, b) => compareImages(a, b, sortKey) * direction);
  return found.slice(0, asked.limit).map(({ id }) => id);
}

async function catalogueOf(
  all: readonly Image[],
): Promise<{ space: PlainKeySpace; catalogue: ImageCatalogue }> {
  const space = new PlainKeySpace();
  const catalogue = new ImageCatalogue(new CatalogueSpace(space));
  await catalogue.open();
  for (const image of all) assert.ok(await catalogue.create(image));
  return { space, catalogue };
}

describe('listing', () => {
  it('answers every query as filtering and sorting all images would', async () => {
    await fc.assert(
      fc.asyncProperty(images, fc.array(query, { minLength: 1, maxLength: 8 }), async (all, queries) => {
        const { catalogue } = await catalogueOf(all);
        for (const { marker, inclusive, ...rest } of queries) {
          const image = marker === null ? undefined : all[marker % all.length];
          const asked: ImageQuery = { ...rest, from: image === undefined ? null : { image, inclusive } };
          const listed = await catalogue.list(asked);
          assert.deepEqual(
            listed.map(({ id }) => id),
            naiveList(all, asked),
          );
        }
      }),
      { numRuns: 400 },
    );
  });

  it('gives the whole, page by page, in both directions', async () => {
    await fc.assert(
      fc.asyncProperty(images, query, fc.integer({ min: 1, max: 7 }), async (all, rest, limit) => {
        const { catalogue } = await catalogueOf(all);
        const asked: ImageQuery = { ...rest, from: null, limit: all.length };
        const whole = (await catalogue.list(asked)).map(({ id }) => id);
        const forwards: Image[] = [];
        for (;;) {
          const last = forwards.at(-1);
          const from = last === undefined ? null : { image: last, inclusive: false };
          const page = await catalogue.list({ ...asked, from, limit });
          if (page.length === 0) break;
          forwards.push(...page);
        }
        assert.deepEqual(
          forwards.map(({ id }) => id),
          whole,
        );
        // The page that ends with an image, read backwards from it.
        const sortDir = asked.sortDir === 'asc' ? 'desc' : 'asc';
        for (const [at, image] of forwards.entries()) {
          const page = await catalogue.list({ ...asked, sortDir, from: { image, inclusive: true }, limit });
          assert.deepEqual(
            page.map(({ id }) => id),
            whole.slice(Math.max(0, at + 1 - limit), at + 1).reverse(),
          );
        }
      }),
      { numRuns: 150 },
    );
  });

  it('shows an image once that several scopes hold', async () => {
    await fc.assert(
      fc.asyncProperty(images, fc.constantFrom(...SORT_KEYS), async (all, sortKey) => {
        const { catalogue } = await catalogueOf(all);
        const scopes: Scope[] = [
          ...everything,
          ...PROJECTS.map((id): Scope => ({ kind: 'owner', project: id })),
          ...PROJECTS.map((id): Scope => ({ kind: 'member', project: id, status: 'accepted' })),
        ];
        const listed = await catalogue.list({
          scopes,
          statuses: STATUSES,
          hidden: true,
          filters: [],
          sortKey,
          sortDir: 'asc',
          from: null,
          limit: 1000,
        });
        assert.equal(listed.length, all.length);
        assert.equal(new Set(listed.map(({ id }) => id)).size, all.length);
      }),
    );
  });
});
