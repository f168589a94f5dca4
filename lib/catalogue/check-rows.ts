import type { KeySpace, RowKey } from './key-space.js';
import { decodeId } from './row-encoding.js';
import { ALL_ROWS, deriveRows, imageKey, PROCESS_ROWS, processKey } from './rows.js';

/** A fault of the index. */
export interface RowFault {
  /** Key of the record. */
  readonly record: string;
  readonly reason: string;
}

/**
 * Compares all index rows with the records that they lead to, and those records with the rows that they should have. What changes meanwhile is
 * looked at once more before it counts as a fault.
 * @param batch rows that one read takes
 */
export async function* checkRows(space: KeySpace, batch: number): AsyncGenerator<RowFault> {
  const checked = new Set<string>();
  for (let start: RowKey = ALL_ROWS.start; ;) {
    const rows = await space.scan({ start, end: ALL_ROWS.end, limit: batch });
    const records = await space.get(rows.map(recordOf));
    for (const [at, row] of rows.entries()) {
      const key = recordOf(row);
      const record = records[at];
      if (record === undefined || !deriveRows(key, record.value).includes(row)) {
        if (await isStale(space, key, row))
          yield { record: key, reason: 'a row leads to it that is not its own' };
      } else if (!checked.has(key)) {
        checked.add(key);
        if (await lacksRows(space, key)) yield { record: key, reason: 'it lacks rows of its own' };
      }
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < batch) return;
    start = `${last}\0`;
  }
}

function recordOf(row: RowKey): string {
  const isProcess = row >= PROCESS_ROWS.start && row < PROCESS_ROWS.end;
  return isProcess ? processKey(decodeId(row)) : imageKey(decodeId(row));
}

async function isStale(space: KeySpace, key: string, row: RowKey): Promise<boolean> {
  const [record] = await space.get([key]);
  if (record !== undefined && deriveRows(key, record.value).includes(row)) return false;
  return hasRow(space, row);
}

async function lacksRows(space: KeySpace, key: string): Promise<boolean> {
  for (let tries = 0; ; tries += 1) {
    const [record] = await space.get([key]);
    if (record === undefined) return false;
    const present = await Promise.all(deriveRows(key, record.value).map((row) => hasRow(space, row)));
    if (!present.includes(false)) return false;
    const [after] = await space.get([key]);
    // Unchanged: the fault is real.
    if (after?.revision === record.revision || tries === 10) return true;
  }
}

async function hasRow(space: KeySpace, row: RowKey): Promise<boolean> {
  return (await space.scan({ start: row, end: `${row}\0`, limit: 1 })).length > 0;
}
