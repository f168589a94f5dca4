import { fenceText, requireFence } from '../../../lib/catalogue/fence.js';
import type {
  Change,
  Fence,
  KeySpace,
  RecordValue,
  RowKey,
  RowRange,
  StoredRecord,
} from '../../../lib/catalogue/key-space.js';

/**
 * The simplest key space that keeps the port's promises: a map of records and a sorted array of rows. It counts what is
 * asked of it, so that tests can prove what a listing costs.
 */
export class PlainKeySpace implements KeySpace {
  readonly counts = { scans: 0, ranges: 0, rowsRead: 0, gets: 0, recordsRead: 0, commits: 0 };
  /** The commits that were accepted. */
  readonly changes: Change[] = [];
  /** Called before a call is answered, to change something in between. */
  before: (call: 'scan' | 'get' | 'commit', ranges?: readonly RowRange[]) => Promise<void> | void = () =>
    undefined;
  #derive: ((key: string, value: RecordValue) => readonly RowKey[]) | undefined;
  readonly #records = new Map<string, { revision: number; json: string }>();
  readonly #rows = new Set<RowKey>();
  #sorted: RowKey[] | undefined;
  #fence = '';

  open(): Promise<void> {
    return Promise.resolve();
  }

  rebuild(derive: (key: string, value: RecordValue) => readonly RowKey[]): Promise<void> {
    this.#derive = derive;
    return Promise.resolve();
  }

  async get(keys: readonly string[], fence?: Fence): Promise<(StoredRecord | undefined)[]> {
    await this.before('get');
    requireFence(this.#fence, fence, 'read');
    this.counts.gets++;
    this.counts.recordsRead += keys.length;
    return keys.map((key) => {
      const record = this.#records.get(key);
      return record && { revision: record.revision, value: JSON.parse(record.json) as RecordValue };
    });
  }

  async scanMany(ranges: readonly RowRange[], fence?: Fence): Promise<RowKey[][]> {
    await this.before('scan', ranges);
    requireFence(this.#fence, fence, 'read');
    this.counts.scans++;
    return ranges.map((range) => this.#scan(range));
  }

  async commit(change: Change): Promise<boolean> {
    await this.before('commit');
    requireFence(this.#fence, change.fence, 'commit');
    this.counts.commits++;
    const { key, expected, value, addRows, removeRows, nextFence } = change;
    if ((this.#records.get(key)?.revision ?? 0) !== expected) {
      // So that mocha can end a test whose subject tries again without a limit.
      await new Promise((resolve) => setImmediate(resolve));
      return false;
    }
    if (value === null) this.#records.delete(key);
    else this.#records.set(key, { revision: expected + 1, json: JSON.stringify(value) });
    for (const row of removeRows) this.#rows.delete(row);
    for (const row of addRows) this.#rows.add(row);
    if (addRows.length + removeRows.length > 0) this.#sorted = undefined;
    if (nextFence !== undefined) this.#fence = fenceText(nextFence);
    this.changes.push(change);
    return true;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** All rows that are stored, in order. */
  get rows(): RowKey[] {
    return [...this.#rows].sort();
  }

  /** All rows that the records should have, in order. */
  get derivedRows(): RowKey[] {
    const derive = this.#derive;
    if (derive === undefined) throw new Error('not opened');
    const all = [...this.#records].flatMap(([key, { json }]) => derive(key, JSON.parse(json) as RecordValue));
    return [...new Set(all)].sort();
  }

  resetCounts(): void {
    Object.assign(this.counts, { scans: 0, ranges: 0, rowsRead: 0, gets: 0, recordsRead: 0, commits: 0 });
  }

  #scan({ start, end, reverse, limit }: RowRange): RowKey[] {
    this.#sorted ??= [...this.#rows].sort();
    const from = this.#place(start);
    const to = this.#place(end);
    const rows = reverse
      ? this.#sorted.slice(Math.max(from, to - limit), Math.max(from, to)).reverse()
      : this.#sorted.slice(from, Math.min(to, from + limit));
    this.counts.ranges++;
    this.counts.rowsRead += rows.length;
    return rows;
  }

  /** Index of the first row that is not before `row`. */
  #place(row: RowKey): number {
    const sorted = this.#sorted ?? [];
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] ?? '') < row) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
