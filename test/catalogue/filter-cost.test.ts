import assert from 'node:assert/strict';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import * as filters from '../../lib/domain/filters.js';
import { STATUSES, VISIBILITIES, type Image } from '../../lib/domain/image.js';
import type { ImageQuery, Scope, SortOrder } from '../../lib/domain/query.js';
import { costOf, filledSpace } from '../support/catalogue/listing-cost.js';
import type { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import { sampleId, sampleImage, sampleQuery, sampleTime } from '../support/mounts/sample-images.js';

const FEW = 1_000;
const MANY = 20_000;
const LIVE = STATUSES.filter((status) => !['killed', 'deleted', 'pending_delete'].includes(status));

/** Every second image is public, the others are the caller's own or a stranger's. */
function changes(n: number): Partial<Image> {
  return {
    name: `name ${n % 100 === 0 ? 'rare' : n}`,
    status: n % 10 === 3 ? 'queued' : 'active',
    visibility: n % 2 === 0 ? 'public' : n % 4 === 1 ? 'shared' : n % 40 < 8 ? 'community' : 'private',
    owner: n % 3 === 0 ? 'me' : n < 60 ? 'small' : 'stranger',
    tags: [...(n % 2 === 0 ? ['common'] : ['other']), ...(n >= 100 && n < 120 ? ['rare'] : [])],
    properties: {
      os_distro: n % 4 < 2 ? 'ubuntu' : 'debian',
      ...(n >= 200 && n < 230 ? { os_version: '12' } : {}),
    },
    hidden: n >= 300 && n < 340,
  };
}

const MINE: readonly Scope[] = [
  { kind: 'visibility', visibility: 'public' },
  { kind: 'owner', project: 'me' },
  { kind: 'member', project: 'me', status: 'accepted' },
];
const ALL: readonly Scope[] = VISIBILITIES.map((visibility) => ({ kind: 'visibility', visibility }));

describe('the cost of a listing by what images have', function () {
  let few: PlainKeySpace;
  let many: PlainKeySpace;
  before(async function () {
    this.timeout(600_000);
    few = await filledSpace(FEW, changes);
    many = await filledSpace(MANY, changes);
  });

  const query = (given: Partial<ImageQuery>): ImageQuery =>
    sampleQuery({ scopes: MINE, statuses: LIVE, limit: 10, ...given });

  const asked: Readonly<Record<string, Partial<ImageQuery>>> = {
    'a tag of half of them': { filters: [filters.hasTag('common')] },
    'a tag of a few': { filters: [filters.hasTag('rare')] },
    'a tag, by an admin': { scopes: ALL, filters: [filters.hasTag('common')] },
    'two tags': { filters: [filters.hasTag('common'), filters.hasTag('rare')] },
    'an indexed property': { filters: [filters.propertyIs('os_distro', 'ubuntu')] },
    'an indexed property that few have': { filters: [filters.propertyIs('os_version', '12')] },
    'a tag and a property': {
      filters: [filters.hasTag('common'), filters.propertyIs('os_distro', 'debian')],
    },
    'one visibility': { scopes: [{ kind: 'visibility', visibility: 'shared' }] },
    'one visibility of many scopes': { scopes: ALL, filters: [filters.visibilityIs('community')] },
    'the own ones of one visibility': { scopes: [{ kind: 'owner', project: 'me', visibility: 'private' }] },
    'an owner, by an admin': { scopes: ALL, filters: [filters.ownerIs('me')] },
    'a small owner, by an admin': { scopes: ALL, filters: [filters.ownerIs('small')] },
    'the public ones of an owner': { filters: [filters.ownerIs('stranger')] },
    'hidden ones': { hidden: 'only' },
    'hidden ones with a tag': { hidden: 'only', filters: [filters.hasTag('common')] },
    'a name': { filters: [filters.fieldIs('name', ['name 17'])] },
    'several names': { filters: [filters.fieldIs('name', ['name 17', 'name 21', 'no such'])] },
    'a thousand names': {
      filters: [
        filters.fieldIs(
          'name',
          Array.from({ length: 1000 }, (_, n) => `name ${n + 50_000_000}`),
        ),
      ],
    },
    'several ids': { filters: [filters.fieldIs('id', [sampleId(4), sampleId(6), sampleId(7)])] },
    nothing: { filters: [filters.nothing] },
    'an interval of sizes': { filters: [filters.sizeBetween(500, 540, false)] },
    'a second': {
      filters: [filters.timeWithin('updated_at', { min: sampleTime(600), max: sampleTime(630) })],
    },
  };

  for (const [title, given] of Object.entries(asked))
    for (const from of [null, { image: sampleImage(900, changes(900)), inclusive: false }])
      it(`is the same with ${FEW} and with ${MANY} images: ${title}${from === null ? '' : ', from a marker'}`, async () => {
        const small = await costOf(few, query({ ...given, from }));
        const large = await costOf(many, query({ ...given, from }));
        const { rowsRead, recordsRead, scans } = large;
        assert.ok(rowsRead <= 600 && recordsRead <= 400 && scans <= 12, JSON.stringify(large));
        // There are more of some kinds among many, so that a range has a page where it had less.
        if (small.found === large.found) {
          assert.deepEqual({ ...large, rowsRead: null }, { ...small, rowsRead: null });
          assert.ok(large.rowsRead <= small.rowsRead + 20, `${small.rowsRead} ${large.rowsRead}`);
        } else assert.ok(small.found < 10 && large.found === 10, JSON.stringify({ small, large }));
      });

  const orders: readonly [title: string, sort: readonly [SortOrder, ...SortOrder[]]][] = [
    [
      'a name, then the size',
      [
        { key: 'name', dir: 'asc' },
        { key: 'size', dir: 'desc' },
      ],
    ],
    [
      'a size, then the name',
      [
        { key: 'size', dir: 'desc' },
        { key: 'name', dir: 'asc' },
      ],
    ],
    [
      'the time, then the name',
      [
        { key: 'updated_at', dir: 'desc' },
        { key: 'name', dir: 'asc' },
      ],
    ],
  ];
  for (const [title, sort] of orders)
    it(`is flat by several keys, where few images share a value of the first: ${title}`, async () => {
      const from = { image: sampleImage(501, changes(501)), inclusive: false };
      for (const begin of [null, from]) {
        const { found, recordsRead, rowsRead } = await costOf(many, query({ sort, from: begin }));
        assert.equal(found, 10);
        // One image in a hundred has the rare name.
        assert.ok(recordsRead <= 1600 && rowsRead <= 6000, JSON.stringify({ recordsRead, rowsRead }));
      }
    });

  it('goes through all images of a value that many share, when further keys sort them', async () => {
    const sort = [
      { key: 'disk_format', dir: 'asc' },
      { key: 'name', dir: 'desc' },
    ] as const;
    const wanted = query({ scopes: [MINE[0]!], sort, limit: 5 });
    const { recordsRead } = await costOf(many, wanted);
    assert.ok(recordsRead >= MANY / 2 - 50, String(recordsRead));
    // One name is behind all others and many have it: of them the newest first.
    const catalogue = new ImageCatalogue(new CatalogueSpace(many));
    const first = await catalogue.list(wanted);
    const from = { image: first[2]!, inclusive: false };
    const second = await catalogue.list({ ...wanted, from });
    const newest = (...numbers: number[]): string[] => numbers.map((n) => sampleId(MANY - 100 * n));
    assert.deepEqual(
      [first, second].map((images) => images.map(({ id }) => id)),
      [newest(1, 2, 3, 4, 5), newest(4, 5, 6, 7, 8)],
    );
  });

  it('does not, when a filter leaves one value of the first key', async () => {
    const sort = [
      { key: 'disk_format', dir: 'asc' },
      { key: 'name', dir: 'desc' },
    ] as const;
    const given = { sort, filters: [filters.fieldIs('disk_format', ['raw'])], limit: 5 };
    const { found, recordsRead } = await costOf(many, query(given));
    assert.equal(found, 5);
    assert.ok(recordsRead <= 400, String(recordsRead));
  });
});
