import type { CatalogueSpace } from './catalogue-space.js';
import type { RecordValue, RowKey } from './key-space.js';
import { decodeId } from './row-encoding.js';
import { imageKey, PROCESS_ROWS, processKey } from './rows.js';

/** A fault of the index. */
export interface RowFault {
  /** Key of the record. */
  readonly record: string;
  readonly reason: string;
}

/**
 * Compares all records with the rows that they should have, then all rows with the records that they lead to. What changes
 * meanwhile is looked at once more before it counts as a fault.
 * @param batch records or rows that one read takes
 */
export async function* checkRows(space: CatalogueSpace, batch: number): AsyncGenerator<RowFault> {
  yield* checkRecords(space, batch);
  for (let start: RowKey = ''; ;) {
    const rows = await space.scan({ start, end: '\xff', limit: batch });
    const owners = await rowsOf(space, new Set(rows.map(recordOf)));
    for (const row of rows) {
      const key = recordOf(row);
      if (owners.get(key)?.has(row) === true) continue;
      if (await isStale(space, key, row))
        yield { record: key, reason: 'a row leads to it that is not its own' };
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < batch) return;
    start = `${last}\0`;
  }
}

async function* checkRecords(space: CatalogueSpace, batch: number): AsyncGenerator<RowFault> {
  for (let after = ''; ;) {
    const keys = await space.keys(after, batch);
    const records = await space.get(keys);
    for (const [at, key] of keys.entries()) {
      const record = records[at];
      if (record !== undefined && (await lacksRows(space, key, record.value)))
        yield { record: key, reason: 'it lacks rows of its own' };
    }
    const last = keys.at(-1);
    if (last === undefined || keys.length < batch) return;
    after = last;
  }
}

/** The rows that these records should have. */
async function rowsOf(
  space: CatalogueSpace,
  records: ReadonlySet<string>,
): Promise<Map<string, ReadonlySet<RowKey>>> {
  const keys = [...records];
  const found = await space.get(keys);
  const rows = new Map<string, ReadonlySet<RowKey>>();
  for (const [at, key] of keys.entries()) {
    const record = found[at];
    if (record !== undefined) rows.set(key, new Set(await space.derive(key, record.value)));
  }
  return rows;
}

function recordOf(row: RowKey): string {
  const isProcess = row >= PROCESS_ROWS.start && row < PROCESS_ROWS.end;
  return isProcess ? processKey(decodeId(row)) : imageKey(decodeId(row));
}

async function isStale(space: CatalogueSpace, key: string, row: RowKey): Promise<boolean> {
  const [record] = await space.get([key]);
  if (record !== undefined && (await space.derive(key, record.value)).includes(row)) return false;
  return hasRows(space, [row]);
}

async function lacksRows(space: CatalogueSpace, key: string, value: RecordValue): Promise<boolean> {
  if (await hasRows(space, await space.derive(key, value))) return false;
  for (let tries = 0; ; tries += 1) {
    const [record] = await space.get([key]);
    if (record === undefined || (await hasRows(space, await space.derive(key, record.value)))) return false;
    const [after] = await space.get([key]);
    // Unchanged: the fault is real.
    if (after?.revision === record.revision || tries === 10) return true;
  }
}

async function hasRows(space: CatalogueSpace, rows: readonly RowKey[]): Promise<boolean> {
  const found = await space.scanMany(rows.map((row) => ({ start: row, end: `${row}\0`, limit: 1 })));
  return found.every(({ length }) => length === 1);
}
