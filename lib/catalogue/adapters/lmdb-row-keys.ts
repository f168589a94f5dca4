import type { RowKey } from '../key-space.js';

/** Rows as keys of LMDB, one character for one byte; without a buffer for each, which takes longer than to read it. */
export const lmdbRowKeys = {
  /** @throws RangeError where there is no room, which LMDB takes for a call to make some */
  writeKey(row: RowKey, target: Buffer, start: number): number {
    const end = start + row.length;
    if (end > target.length) throw new RangeError(`A row of ${row.length} bytes does not fit`);
    target.write(row, start, 'latin1');
    return end;
  },

  readKey(source: Buffer, start: number, end: number): RowKey {
    return source.toString('latin1', start, end);
  },
};
