import assert from 'node:assert/strict';
import { SORT_KEYS, type SortKey } from '../lib/domain/query.js';
import { benchId, benchName, benchSize, benchTime } from './bench-image.js';

const PAGE = 100;

/** A listing of which a page costs the same, however many images there are. */
export interface Listing {
  readonly group: string;
  readonly name: string;
  /** Path and query, for a catalogue of `count` images, at least 1 000. */
  readonly path: (count: number) => string;
  /** Makes sure that the page is the right one. */
  readonly check: (images: readonly ShownImage[], count: number) => void;
}

type ShownImage = Readonly<Record<string, unknown>>;
type Version = 'v1' | 'v2';

/** The number of an image deep inside that everybody sees: active, public and not hidden. */
const deep = (count: number): number => 100 * Math.floor(count / 200) + 2;

/** The number of such an image in the middle of an order: v1 also reads the page before it, which is to be as long in a small catalogue as in a large one. */
function middle(count: number, key: SortKey): number {
  if (key !== 'name' && key !== 'id') return deep(count);
  const valueOf = key === 'name' ? benchName : benchId;
  const some = Array.from({ length: Math.min(count / 10, 1000) }, (_, n) => 10 * n + 2);
  const sorted = some.toSorted((a, b) => (valueOf(a) < valueOf(b) ? -1 : 1));
  return sorted[Math.floor(sorted.length / 2)] ?? deep(count);
}

const SCOPES: Readonly<Record<Version, Readonly<Record<string, string>>>> = {
  v1: {
    default: '',
    public: 'is_public=true',
    'not public': 'is_public=false',
    everything: 'is_public=none',
  },
  v2: {
    default: '',
    all: 'visibility=all',
    public: 'visibility=public',
    community: 'visibility=community',
    shared: 'visibility=shared',
    private: 'visibility=private',
    'of an owner': 'owner=others',
    hidden: 'os_hidden=true',
  },
};

type FilterOf = readonly [name: string, query: (count: number) => string, found?: number];

const named = (n: number): string => encodeURIComponent(benchName(n));

const COMMON: readonly FilterOf[] = [
  ['status', () => 'status=queued'],
  ['name', (count) => `name=${named(deep(count))}`, 1],
  ['disk_format', () => 'disk_format=raw'],
  ['container_format', () => 'container_format=bare'],
  ['size', (count) => `size_min=${benchSize(deep(count))}&size_max=${benchSize(deep(count))}`, 1],
  ['interval of sizes', (count) => `size_min=${benchSize(deep(count))}&sort_key=size&sort_dir=asc`],
];

const FILTERS: Readonly<Record<Version, readonly FilterOf[]>> = {
  v1: [
    ...COMMON,
    ['property', () => 'property-os_distro=debian'],
    ['changes since', (count) => `changes-since=${benchTime(deep(count)).slice(0, 19)}&sort_key=updated_at`],
  ],
  v2: [
    ...COMMON,
    ['property', () => 'os_distro=debian'],
    ['tag', () => 'tag=golden'],
    ['names', (count) => `name=in:${[2, 4, 6].map((n) => named(deep(count) + n)).join(',')}`, 3],
    ['ids', (count) => `id=in:${[2, 4, 6].map((n) => benchId(deep(count) + n)).join(',')}`, 3],
    ['created_at', (count) => `created_at=lt:${benchTime(deep(count)).slice(0, 19)}Z`],
    ['updated_at', (count) => `updated_at=gt:${benchTime(deep(count)).slice(0, 19)}Z&sort_key=updated_at`],
  ],
};

/** All listings with an index, of both versions of the API. */
export const LISTINGS: readonly Listing[] = (['v1', 'v2'] as const).flatMap((version) => [
  ...SORT_KEYS.flatMap((key) => (['asc', 'desc'] as const).map((dir) => sorted(version, key, dir))),
  ...SORT_KEYS.map((key) => marked(version, key)),
  ...Object.entries(SCOPES[version]).map(([name, query]) =>
    listing(version, 'scopes', name, () => query, PAGE),
  ),
  ...FILTERS[version].map(([name, query, found = PAGE]) =>
    listing(version, 'indexed filters', name, query, found),
  ),
]);

function sorted(version: Version, key: SortKey, dir: 'asc' | 'desc'): Listing {
  const plain = listing(version, 'sort keys', `${key} ${dir}`, () => `sort_key=${key}&sort_dir=${dir}`, PAGE);
  const check: Listing['check'] = (images, count) => {
    plain.check(images, count);
    const values = images.map((image) => (image[key] ?? '') as string | number);
    const inOrder = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    assert.deepEqual(values, dir === 'asc' ? inOrder : inOrder.reverse());
  };
  return { ...plain, check };
}

function marked(version: Version, key: SortKey): Listing {
  const query = (count: number): string => `sort_key=${key}&marker=${benchId(middle(count, key))}`;
  return listing(version, 'deep markers', key, query, PAGE);
}

function listing(
  version: Version,
  group: string,
  name: string,
  query: (count: number) => string,
  found: number,
): Listing {
  return {
    group: `${group} (${version})`,
    name,
    path: (count) =>
      `/${version}/images${version === 'v1' ? '/detail' : ''}?limit=${PAGE}&${query(count)}`.replace(
        /&$/,
        '',
      ),
    check: (images) => assert.equal(images.length, found, `${version} ${name}`),
  };
}
