import type { ImageStatus, Image } from '../domain/image.js';
import type { ImageQuery, IndexValue, SortKey, SortOrder } from '../domain/query.js';
import { encodeValue } from './listing-rows.js';

/** How the order of a query is made of the order of an index. */
export interface SortPlan {
  /** The field whose index is read. */
  readonly field: SortKey;
  readonly reverse: boolean;
  /** Whether the order is that of the index; else images of the same value are sorted by what follows. */
  readonly isIndexOrder: boolean;
  /** Where the page begins; null: with the first image. */
  readonly from: ImageQuery['from'];
  /** Whether no image can be behind the place where the page is to begin. */
  readonly isEmpty: boolean;
  /** Where an image stands, for `compare`. */
  readonly rankOf: (image: Image) => Rank;
  readonly compare: (a: Rank, b: Rank) => number;
}

/** An image with the text of each of its keys. */
export type Rank = readonly string[];

export function sortPlanOf(query: ImageQuery): SortPlan {
  let keys = completed(query.sort);
  let { from } = query;
  let isEmpty = false;
  // A key that has the same value for all images that are wanted does not sort them.
  while (!isIndexOrder(keys)) {
    const [{ key, dir }, ...rest] = keys;
    const fixed = fixedValue(query, key);
    const [next] = rest;
    if (fixed === undefined || next === undefined) break;
    const side = from === null ? 0 : sign(encodeValue(key, fixed), encodeValue(key, from.image[key]));
    const ahead = dir === 'asc' ? side : -side;
    if (ahead < 0) isEmpty = true;
    if (ahead !== 0) from = null;
    keys = [next, ...rest.slice(1)];
  }
  const [{ key: field, dir }] = keys;
  const signs = keys.map((one) => (one.dir === 'asc' ? 1 : -1));
  return {
    field,
    reverse: dir === 'desc',
    isIndexOrder: isIndexOrder(keys),
    from,
    isEmpty,
    rankOf: (image) => keys.map(({ key }) => encodeValue(key, image[key])),
    compare: (a, b) => {
      for (const [at, side] of signs.entries()) {
        const order = sign(a[at] ?? '', b[at] ?? '');
        if (order !== 0) return order * side;
      }
      return 0;
    },
  };
}

type Keys = readonly [SortOrder, ...SortOrder[]];

/** The keys up to the one that no two images share. */
function completed(sort: ImageQuery['sort']): Keys {
  const dir = sort.at(-1)?.dir ?? sort[0].dir;
  const all: SortOrder[] = [...sort, { key: 'created_at', dir }, { key: 'id', dir }];
  const once = all.filter(({ key }, at) => all.findIndex((other) => other.key === key) === at);
  const [first = sort[0], ...rest] = once.slice(0, once.findIndex(({ key }) => key === 'id') + 1);
  return [first, ...rest];
}

/** Whether the index of the first key has the images in that order, one way or the other. */
function isIndexOrder(keys: Keys): boolean {
  const [{ key, dir }] = keys;
  const tie: readonly SortKey[] = key === 'id' ? [] : key === 'created_at' ? ['id'] : ['created_at', 'id'];
  const rest = keys.slice(1);
  return rest.length === tie.length && rest.every((one, at) => one.key === tie[at] && one.dir === dir);
}

/** The one value that all images have which the query selects; undefined when there may be several. */
function fixedValue({ statuses, filters }: ImageQuery, key: SortKey): IndexValue | undefined {
  if (key === 'status') return onlyOf<ImageStatus>(statuses);
  for (const { index } of filters) {
    if (index?.kind !== 'field' || index.field !== key) continue;
    const range = onlyOf(index.ranges);
    if (range?.min !== undefined && range.min === range.max) return range.min;
  }
  return undefined;
}

function onlyOf<T>(list: readonly T[]): T | undefined {
  return list.length === 1 ? list[0] : undefined;
}

function sign(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
