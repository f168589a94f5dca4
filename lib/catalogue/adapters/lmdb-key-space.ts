import type { Database } from 'lmdb';
import { GuardedCalls } from '../../guarded-call.js';
import { requireFence } from '../fence.js';
import type {
  Change,
  Fence,
  FoundRecords,
  KeySpace,
  RowKey,
  RowRange,
  RecordTest,
  StoredRecord,
} from '../key-space.js';
import { namespaceOf } from './injected-keyv.js';
import type { KeyvLmdb } from './keyv-lmdb.js';
import { COMMITS, FENCE, LmdbCommits, type LmdbDatabases } from './lmdb-commits.js';
import { LmdbRecordSearch } from './lmdb-record-search.js';
import { lmdbRowKeys } from './lmdb-row-keys.js';
import { RecordCache } from './record-cache.js';

export interface LmdbKeySpaceOptions {
  /** Keeps registries in one folder apart. Default: the namespace that Keyv gave to the store, else `image-registry`. */
  readonly namespace?: string;
  /** Milliseconds that a commit may take, waiting for the other processes' commits included. Default 30 000. */
  readonly deadline?: number;
  /** Whether closing the key space disconnects the store. Default false: it is whoever made it who does. */
  readonly disconnects?: boolean;
}

/**
 * The ordered key space of a KeyvLmdb: records, rows and fence in databases of their own beside Keyv's entries, three per
 * namespace. A commit is one transaction, on the disk before it resolves; any number of processes of one host may share
 * the folder.
 */
export function lmdbKeySpace(store: KeyvLmdb, options: LmdbKeySpaceOptions = {}): KeySpace {
  return new LmdbKeySpace(store, options);
}

/** The databases while they are open, what commits to them, and what looks through the records. */
interface Opened extends LmdbDatabases {
  readonly commits: LmdbCommits;
  readonly search: LmdbRecordSearch;
}

class LmdbKeySpace implements KeySpace {
  readonly #store: KeyvLmdb;
  readonly #namespace: string | undefined;
  readonly #calls: GuardedCalls;
  readonly #disconnects: boolean;
  readonly #cache = new RecordCache();
  #databases: Opened | undefined;

  constructor(store: KeyvLmdb, { namespace, deadline = 30_000, disconnects = false }: LmdbKeySpaceOptions) {
    this.#store = store;
    this.#namespace = namespace;
    this.#disconnects = disconnects;
    this.#calls = new GuardedCalls({ deadline, describe: (operation) => operation });
  }

  async open(): Promise<void> {
    this.#databases = await this.#run('Opening LMDB', async () => {
      const root = await this.#store.open();
      // Opening a database takes the lock of writers, which a commit of this very process may hold.
      if (this.#databases?.root === root) return this.#databases;
      const name = this.#namespace ?? namespaceOf(this.#store);
      // An option whose type LMDB has forgotten here.
      const rows = { name: `${name}/rows`, keyEncoder: lmdbRowKeys, encoding: 'binary' as const };
      const records = `${name}/records`;
      const databases: LmdbDatabases = {
        root,
        records: root.openDB({ name: records, encoding: 'string' }),
        rows: root.openDB(rows),
        fence: root.openDB({ name: `${name}/fence`, encoding: 'string' }),
      };
      const checkFile = (): void => this.#store.checkFile('commit');
      return {
        ...databases,
        commits: new LmdbCommits(databases, this.#cache, checkFile),
        search: new LmdbRecordSearch(root, records),
      };
    });
  }

  get(keys: readonly string[], fence?: Fence): Promise<(StoredRecord | undefined)[]> {
    return this.#atOnce('Reading from LMDB', () => {
      const { records } = this.#read(fence);
      const decode = this.#cache.decoderFor(keys.length);
      return keys.map((key) => {
        const text = records.get(key);
        return text === undefined ? undefined : decode(key, text);
      });
    });
  }

  search(search: RecordTest, fence?: Fence): Promise<FoundRecords> {
    return this.#atOnce('Searching LMDB', () => this.#read(fence).search.search(search));
  }

  scanMany(ranges: readonly RowRange[], fence?: Fence): Promise<RowKey[][]> {
    return this.#atOnce('Scanning LMDB', () => {
      const { rows } = this.#read(fence);
      return ranges.map((range) => scan(rows, range));
    });
  }

  stamp(): string {
    return this.#calls.atOnce('Reading from LMDB', () => this.#read(undefined).fence.get(COMMITS) ?? '');
  }

  commit(change: Change): Promise<boolean> {
    return this.#run('A commit to LMDB', () => this.#open().commits.add(change));
  }

  async close(): Promise<void> {
    this.#databases = undefined;
    if (this.#disconnects) await this.#run('Closing LMDB', () => this.#store.disconnect());
  }

  /** One snapshot for everything that is read until the next turn of the event loop, behind the fence. */
  #read(carried: Fence | undefined): Opened {
    const databases = this.#open();
    this.#store.checkFile('read');
    // A snapshot lasts until a timer ends it, so it may be older than another process' last commit.
    databases.root.resetReadTxn();
    if (carried !== undefined) requireFence(databases.fence.get(FENCE) ?? '', carried, 'read');
    return databases;
  }

  #open(): Opened {
    if (this.#databases === undefined) throw new Error('The key space is not open');
    return this.#databases;
  }

  #run<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.#calls.plain(what, work);
  }

  /** What waits for nothing needs no deadline. */
  #atOnce<T>(what: string, work: () => T): Promise<T> {
    return new Promise((resolve) => {
      resolve(this.#calls.atOnce(what, work));
    });
  }
}

function scan(rows: Database<Buffer, RowKey>, { start, end, reverse = false, limit }: RowRange): RowKey[] {
  if (start >= end) return [];
  // The shortest key of LMDB has one byte, and no row is shorter.
  const first = start === '' ? '\0' : start;
  const range = reverse
    ? { start: end, exclusiveStart: true, end: first, inclusiveEnd: true, reverse, limit }
    : { start: first, end, limit };
  const found: RowKey[] = [];
  for (const key of rows.getKeys(range)) found.push(key);
  return found;
}
