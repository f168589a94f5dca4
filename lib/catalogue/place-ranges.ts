import type { ImageQuery, SortKey } from '../domain/query.js';
import { encodeValue, placeOf } from './listing-rows.js';
import type { SortPlan } from './sort-plan.js';

/** A part of the order by a field: places from `from` (inclusive) to `to` (exclusive). */
export interface PlaceRange {
  readonly from: string;
  readonly to: string;
}

/** Above all that follows a value: at most a time and an id, which may begin with any byte. */
const BEHIND = '\xff'.repeat(17);
/** Above every place, and above all that follows a part of one. */
const END = BEHIND;
export const EVERYTHING: readonly PlaceRange[] = [{ from: '', to: END }];

/** The parts of the order by a field that the filters on it leave. */
export function rangesOf({ filters }: ImageQuery, field: SortKey): readonly PlaceRange[] {
  let left = EVERYTHING;
  for (const { index } of filters) {
    if (index?.kind !== 'field' || index.field !== field) continue;
    const ranges = index.ranges.map(({ min, max }) => ({
      from: min === undefined ? '' : encodeValue(field, min),
      to: max === undefined ? END : encodeValue(field, max) + BEHIND,
    }));
    left = left.flatMap((range) => intersected(ranges, range));
  }
  return left;
}

/** The parts of the order by the plan's field that the filters on it leave, from the beginning of the page on. */
export function pageRangesOf(query: ImageQuery, plan: SortPlan): readonly PlaceRange[] {
  const ranges = rangesOf(query, plan.field);
  const { field, reverse, from } = plan;
  if (from === null) return ranges;
  // Where the index does not tell the order of equal values, all of them are looked at.
  const place = plan.isIndexOrder ? placeOf(from.image, field) : encodeValue(field, from.image[field]);
  const inclusive = from.inclusive || !plan.isIndexOrder;
  const past = plan.isIndexOrder ? `${place}\0` : place + BEHIND;
  const rest = reverse
    ? { from: '', to: inclusive ? past : place }
    : { from: inclusive ? place : past, to: END };
  return intersected(ranges, rest);
}

/** One range around all of them. */
export function hullOf(ranges: readonly PlaceRange[]): readonly PlaceRange[] {
  if (ranges.length === 0) return [];
  return [
    {
      from: ranges.reduce((least, { from }) => (from < least ? from : least), END),
      to: ranges.reduce((most, { to }) => (to > most ? to : most), ''),
    },
  ];
}

function intersected(ranges: readonly PlaceRange[], { from, to }: PlaceRange): PlaceRange[] {
  return ranges.flatMap((range) => {
    const both = { from: range.from > from ? range.from : from, to: range.to < to ? range.to : to };
    return both.from < both.to ? [both] : [];
  });
}
