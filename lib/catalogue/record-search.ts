import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ImageQuery, Pace } from '../domain/query.js';
import type { CatalogueSpace } from './catalogue-space.js';
import { isUsual } from './image-record.js';
import { memberSearch, type MemberSearch } from './member-search.js';
import { MergeScan, type Span } from './merge-scan.js';
import { decodeId } from './row-encoding.js';
import { imageKey } from './rows.js';

/** The most records that are looked at in one turn of the event loop; a key space ends earlier when that takes long. */
const STEP = 10_000;
/** Rows that are read to estimate how many there are. */
const SAMPLE = 64;
/** What looking at a record costs, by reading the image that a row leads to. */
const COST = 0.1;

const START = imageKey('');
/** Behind all ids, which are of hex digits. */
const END = imageKey('g');

/**
 * Looks for images by the JSON of all records, in the order of their keys and without decoding it: for the texts that each of them has in its record that passes
 * the filters. What has them is read and judged like any other image, so that it does not matter where else they stand. That costs less than a tenth of what it takes to read
 * the images that the rows of an order lead to, where the key space can do it and the caller may see enough of all images.
 */
export class RecordSearch {
  readonly #space: CatalogueSpace;
  readonly #search: MemberSearch;
  readonly #scopes: readonly Span[];
  readonly #signal: AbortSignal | undefined;
  readonly #pace: Pace;

  /** @param scopes the rows, in the order of ids, of all images that the query could list */
  constructor(
    space: CatalogueSpace,
    { filters }: ImageQuery,
    scopes: readonly Span[],
    signal: AbortSignal | undefined,
    pace: Pace,
  ) {
    this.#space = space;
    // What records leave out is not in them.
    const members = filters.flatMap(({ member }) => member ?? []).filter((member) => !isUsual(member));
    this.#search = memberSearch(members);
    this.#scopes = scopes;
    this.#signal = signal;
    this.#pace = pace;
  }

  /** Whether it costs less than to go on in order, as far as one can tell. */
  async pays(): Promise<boolean> {
    if (!this.#space.searches || this.#search.texts.length === 0) return false;
    const keys = await this.#space.keys(START, SAMPLE);
    const rows = await new MergeScan(this.#space, this.#scopes, false).next(SAMPLE);
    const [key, row] = [keys.at(-1), rows.at(-1)];
    if (key === undefined || row === undefined || rows.length < SAMPLE) return false;
    // Ids are random: the less of them so many images cover, the more images there are.
    return fractionOf(key.slice(START.length)) > COST * fractionOf(decodeId(row));
  }

  /**
   * The ids of all images that may pass the filters, the caller's or not; null when there are more than `most`.
   * @throws the signal's reason when it is aborted
   */
  async ids(most: number): Promise<readonly string[] | null> {
    const found: string[] = [];
    for (let start = START; found.length <= most;) {
      const { keys, last } = await this.#pace(() => this.#step(start));
      for (const key of keys) found.push(key.slice(START.length));
      if (last === null) return found.length <= most ? found : null;
      start = `${last}\0`;
    }
    return null;
  }

  async #step(start: string): ReturnType<CatalogueSpace['search']> {
    await nextTurn();
    this.#signal?.throwIfAborted();
    return this.#space.search({ start, end: END, limit: STEP, ...this.#search });
  }
}

/** Which part of all ids is not behind this one. */
function fractionOf(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16) / 2 ** 32;
}
