import type { Image } from '../domain/image.js';
import type { ImageQuery, SortKey, Term, ValueRange } from '../domain/query.js';
import { isInScope } from '../domain/scopes.js';
import {
  encodeValue,
  listingPrefix,
  STATE_GROUPS,
  termPrefix,
  type ListingState,
  type RowScope,
} from './listing-rows.js';
import type { Span } from './merge-scan.js';
import { rowScopesOf } from './narrow-scopes.js';
import { EVERYTHING, hullOf, pageRangesOf, rangesOf, type PlaceRange } from './place-ranges.js';
import { sortPlanOf, type SortPlan } from './sort-plan.js';

/** Which rows answer a query. */
export interface QueryPlan {
  readonly sort: SortPlan;
  /** Ids that the query names itself; null when it names none. */
  readonly ids: readonly string[] | null;
  /** The rows of the page, in the order of the sort plan's field. */
  readonly page: readonly Span[];
  /** The rows of all images of the scopes, in the order of ids. */
  readonly all: readonly Span[];
  /** Sets of rows each of which has all images that are wanted, those for exact values first; it may have few. */
  readonly others: readonly { readonly spans: readonly Span[]; readonly isExact: boolean }[];
}

/** Ranges that a page is merged from, at most. With more one reads between them, too. */
const MERGED = 300;

/**
 * @param indexed keys of the properties that have rows
 */
export function planOf(query: ImageQuery, indexed: readonly string[]): QueryPlan {
  const sort = sortPlanOf(query);
  const rows = new RowsOf(query);
  const ranges = sort.isEmpty ? [] : pageRangesOf(query, sort);
  const exact = exactOf(query, sort.field, indexed);
  // Rows for exact values are in the order of created_at.
  const paged = sort.field === 'created_at' ? exact.map((one) => rows.having(one, ranges)) : [];
  const at = paged.findIndex(({ length }) => length <= MERGED);
  const byField = rows.by(sort.field, ranges);
  return {
    sort,
    ids: idsOf(query),
    page: paged[at] ?? (byField.length > MERGED ? rows.by(sort.field, hullOf(ranges)) : byField),
    all: rows.by('id', EVERYTHING),
    others: [
      ...exact
        .filter((_, index) => index !== at)
        .map((one) => ({ spans: rows.having(one, EVERYTHING), isExact: true })),
      ...rangedFields(query, sort.field).map((field) => ({
        spans: rows.by(field, rangesOf(query, field)),
        isExact: false,
      })),
    ],
  };
}

/** Something that all images have which are wanted, and that has rows of its own. */
type Exact = Term | { readonly kind: 'values'; readonly field: SortKey; readonly values: readonly string[] };

/** The likely rarest first. */
const RARITY: readonly string[] = ['name', 'size', 'property', 'tag', 'disk_format', 'container_format'];

function exactOf(query: ImageQuery, sorted: SortKey, indexed: readonly string[]): Exact[] {
  // Terms of images that are gone have no rows.
  const isGone = STATE_GROUPS.gone.some((status) => query.statuses.includes(status));
  const found: Exact[] = [];
  for (const { index } of query.filters) {
    if (index?.kind === 'tag' || (index?.kind === 'property' && indexed.includes(index.key))) {
      if (!isGone) found.push(index);
    } else if (index?.kind === 'field' && index.field !== sorted && isExact(index.ranges)) {
      const { field, ranges } = index;
      const values = ranges.flatMap(({ min }) => (min === undefined ? [] : [encodeValue(field, min)]));
      found.push({ kind: 'values', field, values });
    }
  }
  const rarity = (one: Exact): number => RARITY.indexOf(one.kind === 'values' ? one.field : one.kind);
  return found.sort((a, b) => rarity(a) - rarity(b));
}

/** Fields on which there are filters for more than certain values. */
function rangedFields({ filters }: ImageQuery, sorted: SortKey): SortKey[] {
  const fields = new Set<SortKey>();
  for (const { index } of filters)
    if (index?.kind === 'field' && index.field !== sorted && !isExact(index.ranges)) fields.add(index.field);
  return [...fields];
}

function isExact(ranges: readonly ValueRange[]): boolean {
  return ranges.every(({ min, max }) => min !== undefined && min === max);
}

function idsOf({ filters }: ImageQuery): readonly string[] | null {
  for (const { index } of filters) {
    if (index?.kind !== 'field' || index.field !== 'id') continue;
    const ids = index.ranges.map(({ min, max }) => (typeof min === 'string' && min === max ? min : null));
    if (ids.every((id) => id !== null)) return ids;
  }
  return null;
}

/** The ranges of rows that hold a query's images. */
class RowsOf {
  readonly #parts: readonly { scope: RowScope; state: ListingState; hidden: boolean }[];

  constructor(query: ImageQuery) {
    const scopes = rowScopesOf(query);
    this.#parts = statesOf(query).flatMap((state) =>
      HIDDEN[query.hidden].flatMap((hidden) => scopes.map((scope) => ({ scope, state, hidden }))),
    );
  }

  /** In the order of a field. */
  by(field: SortKey, ranges: readonly PlaceRange[]): Span[] {
    return this.#parts.flatMap(({ scope, state, hidden }) =>
      spansOf(listingPrefix(scope, state, hidden, field), ranges),
    );
  }

  /**
   * Of images that have something, in the order of created_at; in member scopes, where terms have no rows, also of those that have not.
   * @param ranges of places by created_at
   */
  having(exact: Exact, ranges: readonly PlaceRange[]): Span[] {
    const prefixes = this.#parts.flatMap(({ scope, state, hidden }) => {
      if (exact.kind === 'values') {
        const prefix = listingPrefix(scope, state, hidden, exact.field);
        return exact.values.map((value) => prefix + value);
      }
      if (scope.kind === 'member') return [listingPrefix(scope, state, hidden, 'created_at')];
      return [termPrefix(exact, scope, state === 'active' ? state : 'live', hidden)];
    });
    return [...new Set(prefixes)].flatMap((prefix) => spansOf(prefix, ranges));
  }
}

const HIDDEN: Readonly<Record<ImageQuery['hidden'], readonly boolean[]>> = {
  excluded: [false],
  included: [false, true],
  only: [true],
};

function spansOf(prefix: string, ranges: readonly PlaceRange[]): Span[] {
  return ranges.map(({ from, to }) => ({ prefix, from, to }));
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
    HIDDEN[query.hidden].includes(image.hidden) &&
    query.scopes.some((scope) => isInScope(image, scope)) &&
    query.filters.every((filter) => filter.test(image))
  );
}
