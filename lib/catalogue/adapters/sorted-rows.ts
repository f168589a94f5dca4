import { createRequire } from 'node:module';
import type sortedBtree from 'sorted-btree';
import type { Change, RowKey, RowRange } from '../key-space.js';

// A CommonJS module with a default export: Node and the tools that compile imports to `require` disagree on where it is.
const { default: BTree } = createRequire(import.meta.url)('sorted-btree') as typeof sortedBtree;

/** Index rows in memory. Their characters are bytes, so that JavaScript's own order is the order of the bytes. */
export class SortedRows {
  readonly #tree = new BTree<RowKey, undefined>(undefined, compare);

  /** Removes rows, then adds rows. */
  change({ addRows, removeRows }: Pick<Change, 'addRows' | 'removeRows'>): void {
    for (const row of removeRows) this.#tree.delete(row);
    for (const row of addRows) this.#tree.set(row, undefined);
  }

  scan({ start, end, reverse = false, limit }: RowRange): RowKey[] {
    const found: RowKey[] = [];
    const entries = reverse ? this.#tree.entriesReversed(end, undefined, true) : this.#tree.entries(start);
    for (const [row] of entries) {
      if (reverse ? row < start : row >= end) break;
      found.push(row);
      if (found.length >= limit) break;
    }
    return found;
  }

  clear(): void {
    this.#tree.clear();
  }
}

function compare(a: RowKey, b: RowKey): number {
  return a < b ? -1 : Number(a > b);
}
