import type { CatalogueSpace } from './catalogue-space.js';
import type { RowKey, StoredRecord } from './key-space.js';

/** Records that one read takes. */
const BATCH = 1000;

/** What to collect: records that rows of one kind lead to. */
export interface Collection<T> {
  readonly start: RowKey;
  readonly end: RowKey;
  /** Infinity: all that there are. */
  readonly limit: number;
  /** The key of the record that a row leads to. */
  readonly keyOf: (row: RowKey) => string;
  /** What the record holds; undefined when the row is older than the record and no longer true. */
  readonly pick: (record: StoredRecord) => T | undefined;
}

/**
 * Collects records in the order of their rows, `limit` of them or all that there are.
 * @throws RegistryError `unavailable`
 */
export async function collectRecords<T>(space: CatalogueSpace, collection: Collection<T>): Promise<T[]> {
  const { end, limit, keyOf, pick } = collection;
  const found: T[] = [];
  let start = collection.start;
  while (found.length < limit) {
    const wanted = Math.min(limit - found.length, BATCH);
    const rows = await space.scan({ start, end, limit: wanted });
    const last = rows.at(-1);
    if (last === undefined) return found;
    const records = await space.get(rows.map(keyOf));
    for (const record of records) {
      const picked = record === undefined ? undefined : pick(record);
      if (picked !== undefined) found.push(picked);
    }
    if (rows.length < wanted) return found;
    start = last + '\0';
  }
  return found;
}
