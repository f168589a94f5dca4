import type { Image } from '../domain/image.js';
import type { ImageQuery } from '../domain/query.js';
import { isAtPlace, valueOfPlace } from './listing-rows.js';
import type { MergeScan } from './merge-scan.js';
import { SLICE, type RecordReader } from './record-reader.js';
import { decodeId } from './row-encoding.js';
import { RankedImages } from './ranked-images.js';
import type { SortPlan } from './sort-plan.js';

/** Rows that one reading takes at most, in a listing without filters. */
const ROWS = 1001;

/** Images of a page in their order, found by the index of the first key; a page is filled slice by slice. */
export class OrderedPage {
  readonly #rows: MergeScan;
  readonly #reader: RecordReader;
  readonly #sort: SortPlan;
  /** Images of the value that is being read, where the index does not tell their order. */
  readonly #group: RankedImages;
  #value = '';
  /** Images that the page still lacks. */
  #left: number;
  /** Rows that have been read, and whose records have not. */
  #places: readonly string[] = [];
  /** How many rows are read next. */
  #size: number;
  readonly #most: number;
  #isEnd = false;
  /** An image that changes during the listing may be met at two places. */
  readonly #shown = new Set<string>();

  constructor(
    rows: MergeScan,
    reader: RecordReader,
    sort: SortPlan,
    query: Pick<ImageQuery, 'limit' | 'filters'>,
  ) {
    this.#rows = rows;
    this.#reader = reader;
    this.#sort = sort;
    this.#left = query.limit;
    // Without filters nearly every row is an image of the page.
    this.#most = query.filters.length === 0 ? ROWS : SLICE;
    this.#size = Math.min(query.limit, this.#most);
    this.#group = new RankedImages(sort);
  }

  /** The next images, maybe none yet; undefined when the page is full or nothing is left. */
  async next(): Promise<readonly Image[] | undefined> {
    if (this.#left <= 0) return undefined;
    const places = await this.#slice();
    const found = places.length === 0 ? [] : await this.#found(places);
    const isLast = this.#isEnd && this.#places.length === 0;
    if (isLast) found.push(...this.#group.take(this.#left));
    const images = found.slice(0, this.#left);
    this.#left = isLast ? 0 : this.#left - images.length;
    return images;
  }

  async #slice(): Promise<readonly string[]> {
    if (this.#places.length === 0) {
      this.#places = await this.#rows.next(this.#size);
      this.#isEnd = this.#places.length < this.#size;
      this.#size = Math.min(this.#size * 2, this.#most);
    }
    const slice = this.#places.slice(0, SLICE);
    this.#places = this.#places.slice(SLICE);
    return slice;
  }

  async #found(places: readonly string[]): Promise<Image[]> {
    const { field, isIndexOrder } = this.#sort;
    const images = await this.#reader.images(places.map(decodeId));
    const found: Image[] = [];
    for (const [at, place] of places.entries()) {
      const image = images[at];
      if (!isIndexOrder) found.push(...this.#groupsBefore(valueOfPlace(place, field)));
      // A row that is no longer the image's: its place now is elsewhere.
      if (image === undefined || this.#shown.has(image.id) || !isAtPlace(image, field, place)) continue;
      this.#shown.add(image.id);
      if (isIndexOrder) found.push(image);
      else this.#group.add(image, this.#left);
    }
    return found;
  }

  /** All images of the value that was read before, when another one begins. */
  #groupsBefore(value: string): Image[] {
    if (value === this.#value) return [];
    this.#value = value;
    return this.#group.take(this.#left);
  }
}
