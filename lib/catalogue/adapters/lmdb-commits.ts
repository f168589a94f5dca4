import type { Database, RootDatabase } from 'lmdb';
import { fenceText, requireFence } from '../fence.js';
import type { Change, RowKey } from '../key-space.js';
import { lmdbTransaction } from './lmdb-transaction.js';
import type { RecordCache } from './record-cache.js';

/** What a key space keeps in LMDB. */
export interface LmdbDatabases {
  readonly root: RootDatabase;
  readonly records: Database<string, string>;
  readonly rows: Database<Buffer, RowKey>;
  /** The fence itself, and how often anything was committed. */
  readonly fence: Database<string, string>;
}

/** The keys in the database of the fence. */
export const FENCE = 'fence';
export const COMMITS = 'commits';

const NOTHING = Buffer.alloc(0);

interface Waiting {
  readonly change: Change;
  readonly resolve: (isDone: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Commits of one key space, all that are there when LMDB is ready for a transaction in one. To give each a transaction of its own within that of
 * LMDB, which could be undone alone, costs more than all that it writes: LMDB copies every page that the one before has written.
 */
export class LmdbCommits {
  readonly #databases: LmdbDatabases;
  readonly #cache: RecordCache;
  readonly #checkFile: () => void;
  readonly #waiting: Waiting[] = [];

  /** @param checkFile throws when what would be committed is lost */
  constructor(databases: LmdbDatabases, cache: RecordCache, checkFile: () => void) {
    this.#databases = databases;
    this.#cache = cache;
    this.#checkFile = checkFile;
  }

  /**
   * As `KeySpace.commit`.
   * @throws Error of LMDB or of the file system, RegistryError `unavailable`
   */
  add(change: Change): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject });
      if (this.#waiting.length === 1) void this.#commitAll();
    });
  }

  async #commitAll(): Promise<void> {
    const batch: Waiting[] = [];
    const refusals: unknown[] = [];
    const take = (): void => void batch.push(...this.#waiting.splice(0));
    try {
      const results = await lmdbTransaction(this.#databases.root, () => {
        take();
        try {
          return this.#write(batch);
        } catch (error) {
          // All of them are undone.
          refusals.push(error);
          throw error;
        }
      });
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] === true);
    } catch (error) {
      // It may not have come to a transaction.
      if (batch.length === 0) take();
      if (refusals.length > 0 && batch.length > 1) for (const one of batch) void this.#commitAlone(one);
      else for (const { reject } of batch) reject(error);
    }
  }

  /** What one change is refused for is no matter of those that were committed with it. */
  async #commitAlone(one: Waiting): Promise<void> {
    try {
      const [isDone] = await lmdbTransaction(this.#databases.root, () => this.#write([one]));
      one.resolve(isDone === true);
    } catch (error) {
      one.reject(error);
    }
  }

  /** @returns which of them are done */
  #write(batch: readonly Waiting[]): boolean[] {
    this.#checkFile();
    const { fence } = this.#databases;
    let stands = fence.get(FENCE) ?? '';
    const results = batch.map(({ change }) => {
      requireFence(stands, change.fence, 'commit');
      if (!this.#replace(change)) return false;
      if (change.nextFence !== undefined) {
        stands = fenceText(change.nextFence);
        fence.putSync(FENCE, stands);
      }
      return true;
    });
    // Whoever reads sees all of them or none.
    if (results.includes(true)) fence.putSync(COMMITS, String(Number(fence.get(COMMITS) ?? 0) + 1));
    return results;
  }

  #replace({ key, expected, value, addRows, removeRows }: Change): boolean {
    const { records, rows } = this.#databases;
    const stands = records.get(key);
    if ((stands === undefined ? 0 : this.#cache.decode(key, stands).revision) !== expected) return false;
    if (value === null) records.removeSync(key);
    else records.putSync(key, JSON.stringify({ revision: expected + 1, value }));
    for (const row of removeRows) rows.removeSync(row);
    for (const row of addRows) rows.putSync(row, NOTHING);
    return true;
  }
}
