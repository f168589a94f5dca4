import type { Fence, KeySpace, RecordValue, RowKey, RowRange } from '../../catalogue/key-space.js';

/** Rows of the suite's records: each names its own. */
export function deriveSampleRows(_key: string, value: RecordValue): readonly RowKey[] {
  return rowsOf(value);
}

/** Stores a record that is to have exactly these rows; `before` are those that it has now. */
export function put(
  space: KeySpace,
  key: string,
  expected: number,
  rows: readonly RowKey[] = [],
  before: readonly RowKey[] = [],
  more: RecordValue = {},
): Promise<boolean> {
  const removeRows = before.filter((row) => !rows.includes(row));
  return space.commit({ key, expected, value: { ...more, rows }, addRows: rows, removeRows });
}

/** Removes a record and its rows. */
export function remove(
  space: KeySpace,
  key: string,
  expected: number,
  rows: readonly RowKey[] = [],
): Promise<boolean> {
  return space.commit({ key, expected, value: null, addRows: [], removeRows: rows });
}

/** Rows of one range. */
export async function scan(space: KeySpace, range: RowRange): Promise<RowKey[]> {
  const [rows, ...more] = await space.scanMany([range]);
  if (rows === undefined || more.length > 0)
    throw new Error('scanMany gave another number of lists than of ranges');
  return rows;
}

/** Revision of a record, 0 when there is none. */
export async function revisionOf(space: KeySpace, key: string): Promise<number> {
  const [record] = await space.get([key]);
  return record?.revision ?? 0;
}

export function rowsOf(value: RecordValue | undefined): readonly RowKey[] {
  return Array.isArray(value?.rows) ? (value.rows as RowKey[]) : [];
}

/** What every key space has at first. */
export const NO_FENCE: Fence = { version: '', lock: '' };

/** A range that no row of the suite lies outside of. */
export const ALL: RowRange = { start: '', end: '\xff'.repeat(1_900) + '\xff', limit: 100_000 };

/** Calls again and again until it succeeds: after an outage a connection needs a while. */
export async function untilItWorks<T>(call: () => Promise<T>): Promise<T> {
  const end = Date.now() + 30_000;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

/** Numbers from 0 to 1 that look random and are the same in every run. */
export function sampleNumbers(): () => number {
  let state = 20_260_401;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
