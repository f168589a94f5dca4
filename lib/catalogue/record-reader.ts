import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Image } from '../domain/image.js';
import type { ImageQuery, Pace } from '../domain/query.js';
import type { CatalogueSpace } from './catalogue-space.js';
import { selects } from './query-plan.js';
import { imageKey, imageOf, isTombstone } from './rows.js';

/** Records that are read in one turn of the event loop. */
export const SLICE = 200;

/** Reads the records of one query, a slice in a turn of the event loop. */
export class RecordReader {
  /** Records read so far. */
  read = 0;
  readonly #space: CatalogueSpace;
  readonly #query: ImageQuery;
  readonly #signal: AbortSignal | undefined;
  readonly #pace: Pace;

  /** @param pace when a slice is read, where the query has filters */
  constructor(space: CatalogueSpace, query: ImageQuery, signal: AbortSignal | undefined, pace: Pace) {
    this.#space = space;
    this.#query = query;
    this.#signal = signal;
    this.#pace = pace;
  }

  /**
   * @param ids at most `SLICE`
   * @returns the images of these ids that the query selects; undefined in the place of the others
   * @throws the signal's reason when it is aborted
   */
  async images(ids: readonly string[]): Promise<(Image | undefined)[]> {
    return this.#query.filters.length === 0 ? this.#slice(ids) : this.#pace(() => this.#slice(ids));
  }

  async #slice(ids: readonly string[]): Promise<(Image | undefined)[]> {
    if (this.read > 0) await nextTurn();
    this.#signal?.throwIfAborted();
    this.read += ids.length;
    const records = await this.#space.get(ids.map(imageKey));
    return records.map((record) => {
      if (record === undefined || isTombstone(record.value)) return undefined;
      const image = imageOf(record.value);
      return selects(this.#query, image) ? image : undefined;
    });
  }
}
