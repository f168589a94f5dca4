import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CatalogueSpace } from './catalogue-space.js';
import type { RowRange } from './key-space.js';
import type { Span } from './merge-scan.js';
import { decodeId } from './row-encoding.js';

/** Rows that are read of each range at first. */
const FIRST_ROWS = 32;
/** Ranges that one call reads. */
const AT_ONCE = 1000;

/** Finds out whether ranges have few rows, reading little more of them than is needed to know. */
export class RowProbe {
  readonly #space: Pick<CatalogueSpace, 'scanMany'>;
  #left: RowRange[];
  readonly #ids = new Set<string>();
  readonly #signal: AbortSignal | undefined;
  #begun = false;

  constructor(
    space: Pick<CatalogueSpace, 'scanMany'>,
    spans: readonly Span[],
    signal: AbortSignal | undefined,
  ) {
    this.#space = space;
    this.#signal = signal;
    this.#left = spans.map(({ prefix, from, to }) => ({
      start: prefix + from,
      end: prefix + to,
      limit: FIRST_ROWS,
    }));
  }

  /**
   * @param most images
   * @returns the ids of all images that the rows lead to; null when there are more
   * @throws the signal's reason when it is aborted
   */
  async endsWithin(most: number): Promise<readonly string[] | null> {
    while (this.#left.length > 0) {
      if (this.#ids.size > most) return null;
      if (this.#begun) await nextTurn();
      this.#begun = true;
      this.#signal?.throwIfAborted();
      const ranges = this.#left.slice(0, AT_ONCE);
      const found = await this.#space.scanMany(ranges);
      const unfinished = ranges.flatMap(({ end, limit }, at): RowRange[] => {
        const rows = found[at] ?? [];
        for (const row of rows) this.#ids.add(decodeId(row));
        const last = rows.at(-1);
        if (last === undefined || rows.length < limit) return [];
        return [{ start: `${last}\0`, end, limit: Math.min(limit * 4, most) }];
      });
      this.#left = [...unfinished, ...this.#left.slice(AT_ONCE)];
    }
    return this.#ids.size > most ? null : [...this.#ids];
  }
}
