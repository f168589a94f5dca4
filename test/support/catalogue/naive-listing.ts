import fc from 'fast-check';
import * as filters from '../../../lib/domain/filters.js';
import {
  MEMBER_STATUSES,
  STATUSES,
  takesMembers,
  VISIBILITIES,
  type Image,
} from '../../../lib/domain/image.js';
import {
  SORT_KEYS,
  type Filter,
  type ImageQuery,
  type IndexValue,
  type Scope,
  type SortOrder,
} from '../../../lib/domain/query.js';
import { NAMES, PROJECTS, PROPERTIES, sampleTime, TAGS } from '../mounts/sample-images.js';

/** A filter, and what it means in other words. */
export interface Condition {
  readonly filter: Filter;
  readonly holds: (image: Image) => boolean;
}

/** A query without a marker. */
export type Asked = Omit<ImageQuery, 'from' | 'filters'> & { readonly conditions: readonly Condition[] };

const project = fc.constantFrom(...PROJECTS);
const visibility = fc.constantFrom(...VISIBILITIES);
export const EVERYTHING: readonly Scope[] = VISIBILITIES.map((one) => ({
  kind: 'visibility',
  visibility: one,
}));

const scope: fc.Arbitrary<Scope> = fc.oneof(
  fc.record({ kind: fc.constant('visibility' as const), visibility }),
  fc.record({ kind: fc.constant('owner' as const), project }),
  fc.record({ kind: fc.constant('owner' as const), project, visibility }),
  fc.record({ kind: fc.constant('member' as const), project, status: fc.constantFrom(...MEMBER_STATUSES) }),
);

const names = NAMES.filter((name) => name !== null);
const time = fc.constantFrom(0, 1, 2, 999_999, 1_999_998).map(sampleTime);
const bytes = fc.constantFrom(0, 1, 255, 256, 2 ** 32);

const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.subarray([...names, 'no such'], { maxLength: 3 }).map((values) => ({
    filter: filters.fieldIs('name', values),
    holds: ({ name }: Image) => values.some((value) => value === name),
  })),
  fc.subarray(['bare', 'no such', 'ovf']).map((values) => ({
    filter: filters.fieldIs('container_format', values),
    holds: ({ container_format: format }: Image) => format !== null && values.includes(format),
  })),
  project.map((owner) => ({
    filter: filters.ownerIs(owner),
    holds: (image: Image) => image.owner === owner,
  })),
  visibility.map((one) => ({
    filter: filters.visibilityIs(one),
    holds: (image: Image) => image.visibility === one,
  })),
  bytes.map((size) => ({
    filter: filters.numberIs('size', size),
    holds: (image: Image) => image.size === size,
  })),
  fc
    .tuple(fc.option(bytes, { nil: undefined }), fc.option(bytes, { nil: undefined }), fc.boolean())
    .map(([min, max, zero]) => ({
      filter: filters.sizeBetween(min, max, zero),
      holds: ({ size }: Image) => {
        if (size === null && !zero) return false;
        return (size ?? 0) >= (min ?? 0) && (size ?? 0) <= (max ?? Infinity);
      },
    })),
  fc
    .tuple(
      fc.constantFrom('created_at' as const, 'updated_at' as const),
      fc.option(time, { nil: undefined }),
      fc.option(time, { nil: undefined }),
      fc.boolean(),
    )
    .map(([field, min, max, outside]) => ({
      filter: filters.timeWithin(field, { min, max, outside }),
      holds: (image: Image) => {
        const isAfter = min === undefined || image[field] >= min;
        const isBefore = max === undefined || image[field] <= max;
        return outside ? !(isAfter && isBefore) : isAfter && isBefore;
      },
    })),
  fc
    .constantFrom(...TAGS)
    .map((tag) => ({ filter: filters.hasTag(tag), holds: ({ tags }: Image) => tags.includes(tag) })),
  fc
    .constantFrom(
      ...Object.entries(PROPERTIES).flatMap(([key, values]) => values.map((value) => [key, value] as const)),
    )
    .map(([key, value]) => ({
      filter: filters.propertyIs(key, value),
      holds: ({ properties }: Image) => properties[key] === value,
    })),
  fc.boolean().map((value) => ({
    filter: filters.protectedIs(value),
    holds: (image: Image) => image.protected === value,
  })),
  fc.constant({
    filter: { test: ({ disk_format }: Image) => disk_format === 'raw' },
    holds: ({ disk_format }: Image) => disk_format === 'raw',
  }),
);

const order: fc.Arbitrary<SortOrder> = fc.record({
  key: fc.constantFrom(...SORT_KEYS),
  dir: fc.constantFrom('asc' as const, 'desc' as const),
});

export const asked: fc.Arbitrary<Asked> = fc.record({
  scopes: fc.oneof(fc.constant(EVERYTHING), fc.array(scope, { maxLength: 5 })),
  statuses: fc.oneof(
    fc.constant(STATUSES),
    fc.constant(['active', 'queued'] as const),
    fc.subarray([...STATUSES]),
  ),
  hidden: fc.constantFrom('excluded' as const, 'included' as const, 'only' as const),
  conditions: fc.array(condition, { maxLength: 3 }),
  sort: fc.oneof(
    order.map((one): [SortOrder] => [one]),
    fc
      .tuple(order, fc.array(order, { maxLength: 3 }))
      .map(([one, more]): [SortOrder, ...SortOrder[]] => [one, ...more]),
  ),
  limit: fc.nat(50),
});

export function queryOf({ conditions, ...rest }: Asked, from: ImageQuery['from']): ImageQuery {
  return { ...rest, filters: conditions.map(({ filter }) => filter), from };
}

function compareValues(a: IndexValue, b: IndexValue): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

function compareImages(a: Image, b: Image, sort: readonly SortOrder[]): number {
  const dir = sort.at(-1)?.dir ?? 'asc';
  for (const { key, dir: side } of [...sort, { key: 'created_at', dir }, { key: 'id', dir }] as const) {
    const order = compareValues(a[key], b[key]);
    if (order !== 0) return side === 'asc' ? order : -order;
  }
  return 0;
}

function isVisible(image: Image, within: Scope): boolean {
  if (within.kind === 'visibility') return image.visibility === within.visibility;
  if (within.kind === 'owner')
    return image.owner === within.project && (within.visibility ?? image.visibility) === image.visibility;
  return (
    takesMembers(image) &&
    image.members.some(({ id, status }) => id === within.project && status === within.status)
  );
}

/** What the catalogue must answer, found the long way. */
export function naiveList(all: readonly Image[], wanted: Asked, from: ImageQuery['from']): string[] {
  const { scopes, statuses, hidden, conditions, sort, limit } = wanted;
  const found = all.filter((image) => {
    const place = from === null ? 1 : compareImages(image, from.image, sort);
    return (
      (place > 0 || (place === 0 && from?.inclusive === true)) &&
      statuses.includes(image.status) &&
      (hidden === 'included' || image.hidden === (hidden === 'only')) &&
      scopes.some((within) => isVisible(image, within)) &&
      conditions.every(({ holds }) => holds(image))
    );
  });
  found.sort((a, b) => compareImages(a, b, sort));
  return found.slice(0, limit).map(({ id }) => id);
}
