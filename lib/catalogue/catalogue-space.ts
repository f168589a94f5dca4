import { RegistryError } from '../errors.js';
import { frozen } from './frozen.js';
import type {
  FoundRecords,
  KeySpace,
  RecordValue,
  RowKey,
  RowRange,
  RecordTest,
  StoredRecord,
} from './key-space.js';
import { reindexRows } from './reindex-rows.js';
import {
  areaOf,
  CATALOGUE_KEY,
  fenceOf,
  firstState,
  isEmpty,
  LAYOUT,
  RECORD_ROWS,
  recordRow,
  refuseStateless,
  requireLayout,
  stateOf,
  storedRows,
  type CatalogueState,
  type RowLayout,
} from './row-set.js';
import { storedValue, wholeValue } from './rows.js';

/**
 * The key space as the catalogue uses it: records are stored without what is usual and read as a whole, the rows follow from them, and all calls carry the fence,
 * so that none succeeds once another release has made rows of another version. Every method throws RegistryError `unavailable` then,
 * and when the key space cannot be reached or is too slow.
 */
export class CatalogueSpace {
  readonly #space: KeySpace;
  readonly #layout: RowLayout;
  /** Of records that are shared, which are frozen: so is what is made of them. */
  readonly #whole = new WeakMap<StoredRecord, StoredRecord>();
  #state: CatalogueState | undefined;
  #isOpen = false;

  constructor(space: KeySpace, layout: RowLayout = LAYOUT) {
    this.#space = space;
    this.#layout = layout;
  }

  /**
   * Makes the key space ready.
   * @throws RegistryError `unavailable`, also when its rows are of another version: the message says what to do
   */
  async open(): Promise<void> {
    this.#state = undefined;
    this.#isOpen = true;
    await this.#space.open();
    const state = (await this.#load()) ?? (await this.#begin());
    await this.#space.rebuild?.((key, value) => this.#rowsOf(key, value, state));
    this.#state = state;
  }

  /** Makes the rows of this release in place of older ones; see `reindexRows`. To be opened afterwards, unless it is open. */
  async *reindex(): AsyncGenerator<number> {
    const opens = !this.#isOpen || this.#state === undefined;
    this.#isOpen = true;
    yield* reindexRows(this.#space, this.#layout, opens);
  }

  /** Releases what the key space has taken, if anything. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#space.close();
  }

  /** As of the key space; undefined where it has none. */
  stamp(): string | undefined {
    return this.#space.stamp?.();
  }

  /** Whether reading takes no round trip, so that several small reads cost no more than a large one. */
  get isAtHand(): boolean {
    return this.#space.stamp !== undefined;
  }

  /** Reads records, in the order of `keys`; undefined where there is none. */
  async get(keys: readonly string[]): Promise<(StoredRecord | undefined)[]> {
    const records = await this.#space.get(keys, fenceOf(await this.#current()));
    return records.map((record, at) =>
      record === undefined ? undefined : this.#wholeOf(keys[at] ?? '', record),
    );
  }

  /** Whether `search` can be called. */
  get searches(): boolean {
    return this.#space.search !== undefined;
  }

  /** Looks for records whose JSON passes a test. */
  async search(search: RecordTest): Promise<FoundRecords> {
    const fence = fenceOf(await this.#current());
    const found = await this.#space.search?.(search, fence);
    if (found === undefined) throw new RegistryError('internal', 'This key space cannot search');
    return found;
  }

  /** Reads several ranges of rows in one round trip; gives those of each range, in the order of `ranges`. */
  async scanMany(ranges: readonly RowRange[]): Promise<RowKey[][]> {
    const state = await this.#current();
    const area = areaOf(state.rows);
    const stored = ranges.map((range) => ({ ...range, start: area + range.start, end: area + range.end }));
    const found = await this.#space.scanMany(stored, fenceOf(state));
    return found.map((rows) => rows.map((row) => row.slice(area.length)));
  }

  /** Reads rows of one range. */
  async scan(range: RowRange): Promise<RowKey[]> {
    const [rows = []] = await this.scanMany([range]);
    return rows;
  }

  /**
   * Puts a record in the place of another one, with the rows that follow from it; those that both have are left alone.
   * @param before the record as it is now; undefined: there is none
   * @param value null removes the record
   * @returns false: the record has changed since `before` was read, and nothing is done
   */
  async put(key: string, before: StoredRecord | undefined, value: RecordValue | null): Promise<boolean> {
    const state = await this.#current();
    const old = before === undefined ? [] : this.#rowsOf(key, before.value, state);
    const rows = value === null ? [] : this.#rowsOf(key, value, state);
    return this.#space.commit({
      key,
      expected: before?.revision ?? 0,
      value: value === null ? null : storedValue(key, value),
      addRows: without(rows, old),
      removeRows: without(old, rows),
      // What a reindex has locked is locked for all others.
      fence: { version: fenceOf(state).version, lock: '' },
    });
  }

  /** The rows that a record should have. */
  async derive(key: string, value: RecordValue): Promise<readonly RowKey[]> {
    if (key === CATALOGUE_KEY) return [];
    return this.#layout.derive(key, value, await this.indexed());
  }

  /** Keys of the properties that have rows. */
  async indexed(): Promise<readonly string[]> {
    return (await this.#current()).rows.indexed;
  }

  /**
   * Keys of all records, in order.
   * @param after the key to begin behind, '' for the first
   */
  async keys(after: string, limit: number): Promise<string[]> {
    const start = after === '' ? RECORD_ROWS.start : `${recordRow(after)}\0`;
    const ranges = [{ start, end: RECORD_ROWS.end, limit }];
    const [rows = []] = await this.#space.scanMany(ranges, fenceOf(await this.#current()));
    return rows.map((row) => row.slice(RECORD_ROWS.start.length));
  }

  #wholeOf(key: string, record: StoredRecord): StoredRecord {
    const { revision, value } = record;
    if (!Object.isFrozen(record)) return { revision, value: wholeValue(key, value) };
    const known = this.#whole.get(record);
    if (known !== undefined) return known;
    const whole = frozen({ revision, value: wholeValue(key, value) });
    this.#whole.set(record, whole);
    return whole;
  }

  #rowsOf(key: string, value: RecordValue, { rows }: CatalogueState): readonly RowKey[] {
    return storedRows(key, value, this.#layout, rows);
  }

  /** What was found at opening; without that, for a look into a key space that others have opened, what is found now. */
  async #current(): Promise<CatalogueState> {
    this.#state ??= (await this.#load()) ?? refuseStateless();
    return this.#state;
  }

  async #load(): Promise<CatalogueState | undefined> {
    const [record] = await this.#space.get([CATALOGUE_KEY]);
    if (record === undefined) return undefined;
    const state = stateOf(record.value);
    requireLayout(state, this.#layout);
    return state;
  }

  /** Two processes may do so at once: then the one finds what the other has written. */
  async #begin(): Promise<CatalogueState> {
    const state = firstState(this.#layout);
    const change = { key: CATALOGUE_KEY, expected: 0, value: { ...state }, removeRows: [] };
    const isFirst =
      (await isEmpty(this.#space)) &&
      (await this.#space.commit({
        ...change,
        addRows: [recordRow(CATALOGUE_KEY)],
        nextFence: fenceOf(state),
      }));
    return isFirst ? state : ((await this.#load()) ?? refuseStateless());
  }
}

/** The rows of one record that are not among those of another. */
function without(rows: readonly RowKey[], others: readonly RowKey[]): readonly RowKey[] {
  if (rows.length === 0 || others.length === 0) return rows;
  const known = new Set(others);
  return rows.filter((row) => !known.has(row));
}
