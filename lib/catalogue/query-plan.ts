import type { Image } from '../domain/image.js';
import type { ImageQuery, SortKey } from '../domain/query.js';
import { isInScope } from '../domain/scopes.js';
import type { Span } from './merge-scan.js';
import { encodeValue, listingPrefix, placeOf, STATE_GROUPS, type ListingState } from './rows.js';

/** A part of the order by one field: places from `from` (inclusive) to `to` (exclusive). */
export interface Bounds {
  readonly from: string;
  readonly to: string;
  /** One value alone is within. */
  readonly equality: boolean;
}

/** The part of the order by `field` that the query's filters leave, without regard to where the page begins. */
export function boundsOf(query: ImageQuery, field: SortKey): Bounds {
  let from = '';
  // Above every value.
  let to = '\xff';
  for (const { range } of query.filters) {
    if (range?.field !== field) continue;
    if (range.min !== undefined) from = later(from, encodeValue(field, range.min));
    if (range.max !== undefined) to = earlier(to, encodeValue(field, range.max) + '\xff');
  }
  return { from, to, equality: from !== '' && to === from + '\xff' };
}

/** The part of the query's own order that is left from its beginning on. */
export function pageBounds(query: ImageQuery): Bounds {
  const { from, to, equality } = boundsOf(query, query.sortKey);
  if (query.from === null) return { from, to, equality };
  const place = placeOf(query.from.image, query.sortKey);
  const behind = place + '\0';
  return query.sortDir === 'asc'
    ? { from: later(from, query.from.inclusive ? place : behind), to, equality }
    : { from, to: earlier(to, query.from.inclusive ? behind : place), equality };
}

/** Fields other than the sort key by whose index a filter may find its images, equalities first. */
export function indexedFields(query: ImageQuery): { field: SortKey; bounds: Bounds }[] {
  const fields = new Set<SortKey>();
  for (const { range } of query.filters) if (range !== undefined) fields.add(range.field);
  fields.delete(query.sortKey);
  const found = [...fields].map((field) => ({ field, bounds: boundsOf(query, field) }));
  return found.sort((a, b) => Number(b.bounds.equality) - Number(a.bounds.equality));
}

/** The ranges of rows that hold the query's images: one for each scope and state. */
export function spansOf(query: ImageQuery, field: SortKey, { from, to }: Bounds): Span[] {
  const hiddens = query.hidden ? [false, true] : [false];
  return statesOf(query).flatMap((state) =>
    hiddens.flatMap((hidden) =>
      query.scopes.map((scope) => ({ prefix: listingPrefix(scope, state, hidden, field), from, to })),
    ),
  );
}

/** The fewest states that hold the query's statuses and no others. */
function statesOf({ statuses }: ImageQuery): ListingState[] {
  const states: ListingState[] = statuses.includes('active') ? ['active'] : [];
  for (const group of ['live', 'gone'] as const) {
    const all = STATE_GROUPS[group];
    const wanted = all.filter((status) => statuses.includes(status));
    states.push(...(wanted.length === all.length ? [group] : wanted));
  }
  return states;
}

/** Whether the query lists the image, as its record is now: rows may be older than the record, or newer. */
export function selects(query: ImageQuery, image: Image): boolean {
  return (
    query.statuses.includes(image.status) &&
    (query.hidden || !image.hidden) &&
    query.scopes.some((scope) => isInScope(image, scope)) &&
    query.filters.every((filter) => filter.test(image))
  );
}

function later(a: string, b: string): string {
  return a > b ? a : b;
}

function earlier(a: string, b: string): string {
  return a < b ? a : b;
}
