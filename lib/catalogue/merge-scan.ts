import type { CatalogueSpace } from './catalogue-space.js';
import type { RowKey, RowRange } from './key-space.js';

/** One range of rows: those between `prefix + from` (inclusive) and `prefix + to` (exclusive). */
export interface Span {
  readonly prefix: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Up to this many rows are read from every range at first, whatever the number of ranges: where each reading is a round trip, so many that few pages
 * need another one; where it is none, few, since most of them are for nothing.
 */
const FIRST_ROWS = { away: 32, atHand: 4 };

/**
 * Reads several ranges as one, in the order of what stands behind each range's prefix, equal rows once. All ranges
 * that need rows are asked in one round trip. Reads little ahead: a range that turns out to matter is asked for more.
 */
export class MergeScan {
  readonly #space: Pick<CatalogueSpace, 'scanMany' | 'isAtHand'>;
  readonly #reverse: boolean;
  /** Of how many ranges. */
  readonly #width: number;
  /** Ranges whose next row is known, in the order of these. */
  readonly #ready: Cursor[] = [];
  /** Ranges to ask before anything more can be taken. */
  #asked: Cursor[];
  #last: string | undefined;

  constructor(
    space: Pick<CatalogueSpace, 'scanMany' | 'isAtHand'>,
    spans: readonly Span[],
    reverse: boolean,
  ) {
    this.#space = space;
    this.#reverse = reverse;
    this.#asked = spans.filter(({ from, to }) => from < to).map((span) => cursorOf(span));
    this.#width = this.#asked.length;
  }

  /** The next rows without their prefixes: `count` of them, fewer only at the end. */
  async next(count: number): Promise<string[]> {
    const taken: string[] = [];
    while (taken.length < count) {
      if (this.#asked.length > 0) await this.#ask(count - taken.length);
      const cursor = this.#ready.shift();
      if (cursor === undefined) break;
      const row = cursor.rows[cursor.at] ?? '';
      cursor.at += 1;
      this.#enqueue(cursor);
      if (row !== this.#last) taken.push(row);
      this.#last = row;
    }
    return taken;
  }

  async #ask(wanted: number): Promise<void> {
    const cursors = this.#asked;
    this.#asked = [];
    const ranges = cursors.map((cursor) => this.#rangeOf(cursor, wanted));
    const found = await this.#space.scanMany(ranges);
    for (const [index, cursor] of cursors.entries()) {
      const rows = found[index] ?? [];
      cursor.read += rows.length;
      cursor.ended = rows.length < (ranges[index]?.limit ?? 0);
      const last = rows.at(-1);
      if (last === undefined) continue;
      if (this.#reverse) cursor.end = last;
      else cursor.start = last + '\0';
      cursor.rows = rows.map((row) => row.slice(cursor.prefixLength));
      cursor.at = 0;
      this.#enqueue(cursor);
    }
  }

  #rangeOf({ start, end, read }: Cursor, wanted: number): RowRange {
    const least = this.#space.isAtHand ? FIRST_ROWS.atHand : FIRST_ROWS.away;
    const first = Math.max(least, Math.ceil(wanted / this.#width));
    return { start, end, reverse: this.#reverse, limit: Math.min(wanted, read === 0 ? first : read * 4) };
  }

  /** Puts a range in its place among the others, by its next row; mostly it stays near the front. */
  #enqueue(cursor: Cursor): void {
    const row = cursor.rows[cursor.at];
    if (row === undefined) {
      if (!cursor.ended) this.#asked.push(cursor);
      return;
    }
    const ready = this.#ready;
    let place = 0;
    while (place < ready.length && this.#isAfter(row, ready[place])) place += 1;
    ready.splice(place, 0, cursor);
  }

  #isAfter(row: string, cursor: Cursor | undefined): boolean {
    const other = cursor?.rows[cursor.at] ?? '';
    return this.#reverse ? row < other : row > other;
  }
}

/** How far one range has been read. */
interface Cursor {
  readonly prefixLength: number;
  start: RowKey;
  end: RowKey;
  /** What was read last, without the prefix. */
  rows: string[];
  /** The next of these. */
  at: number;
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
    at: 0,
    read: 0,
    ended: false,
  };
}
