import type { CatalogueSpace } from './catalogue-space.js';
import type { RowKey, RowRange } from './key-space.js';

/** One range of rows: those between `prefix + from` (inclusive) and `prefix + to` (exclusive). */
export interface Span {
  readonly prefix: string;
  readonly from: string;
  readonly to: string;
}

/** Up to this many rows are read from every range at first, whatever the number of ranges. */
const FIRST_ROWS = 32;

/**
 * Reads several ranges as one, in the order of what stands behind each range's prefix, equal rows once. All ranges
 * that need rows are asked in one round trip. Reads little ahead: a range that turns out to matter is asked for more.
 */
export class MergeScan {
  readonly #space: Pick<CatalogueSpace, 'scanMany'>;
  readonly #reverse: boolean;
  readonly #cursors: Cursor[];
  #ready: string[] = [];
  #taken = 0;

  constructor(space: Pick<CatalogueSpace, 'scanMany'>, spans: readonly Span[], reverse: boolean) {
    this.#space = space;
    this.#reverse = reverse;
    this.#cursors = spans.filter(({ from, to }) => from < to).map((span) => cursorOf(span));
  }

  /** The next rows without their prefixes: `count` of them, fewer only at the end. */
  async next(count: number): Promise<string[]> {
    while (this.#ready.length - this.#taken < count) {
      const wanted = count - (this.#ready.length - this.#taken);
      await this.#fill(
        this.#cursors.filter(({ ended, rows }) => !ended && rows.length === 0),
        wanted,
      );
      const merged = this.#merge();
      if (merged.length === 0) break;
      this.#ready = this.#ready.slice(this.#taken).concat(merged);
      this.#taken = 0;
    }
    const rows = this.#ready.slice(this.#taken, this.#taken + count);
    this.#taken += rows.length;
    return rows;
  }

  async #fill(cursors: readonly Cursor[], wanted: number): Promise<void> {
    if (cursors.length === 0) return;
    const ranges = cursors.map((cursor) => this.#rangeOf(cursor, wanted));
    const found = await this.#space.scanMany(ranges);
    for (const [at, cursor] of cursors.entries()) {
      const rows = found[at] ?? [];
      cursor.read += rows.length;
      cursor.ended = rows.length < (ranges[at]?.limit ?? 0);
      const last = rows.at(-1);
      if (last === undefined) continue;
      if (this.#reverse) cursor.end = last;
      else cursor.start = last + '\0';
      cursor.rows = rows.map((row) => row.slice(cursor.prefixLength));
    }
  }

  #rangeOf({ start, end, read }: Cursor, wanted: number): RowRange {
    const first = Math.max(FIRST_ROWS, Math.ceil(wanted / this.#cursors.length));
    return { start, end, reverse: this.#reverse, limit: Math.min(wanted, read === 0 ? first : read * 4) };
  }

  /** Takes what is known to come next: no range that goes on can hold anything before its last row so far. */
  #merge(): string[] {
    const order = this.#reverse ? -1 : 1;
    const isAfter = (a: string, b: string): boolean => (this.#reverse ? a < b : a > b);
    let frontier: string | undefined;
    for (const { ended, rows } of this.#cursors) {
      const last = rows.at(-1);
      if (ended || last === undefined) continue;
      if (frontier === undefined || isAfter(frontier, last)) frontier = last;
    }
    const merged: string[] = [];
    for (const cursor of this.#cursors) {
      let count = 0;
      for (const row of cursor.rows) {
        if (frontier !== undefined && isAfter(row, frontier)) break;
        merged.push(row);
        count++;
      }
      cursor.rows = cursor.rows.slice(count);
    }
    merged.sort((a, b) => (a === b ? 0 : a < b ? -order : order));
    return merged.filter((row, at) => row !== merged[at - 1]);
  }
}

/** How far one range has been read. */
interface Cursor {
  readonly prefixLength: number;
  start: RowKey;
  end: RowKey;
  /** Read and not yet merged. */
  rows: string[];
  /** Number of rows read. */
  read: number;
  /** Nothing is behind `rows`. */
  ended: boolean;
}

function cursorOf({ prefix, from, to }: Span): Cursor {
  return {
    prefixLength: prefix.length,
    start: prefix + from,
    end: prefix + to,
    rows: [],
    read: 0,
    ended: false,
  };
}
