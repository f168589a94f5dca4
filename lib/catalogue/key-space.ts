/**
 * The port that the catalogue stands on: records by key, and an ordered set of index rows.
 *
 * Promised: a commit is one record with its rows, all or nothing, durable as the medium can make it before the promise
 * resolves, and refused when the record's revision is not the expected one. A reader that starts after a commit resolved
 * sees it. An outage is an error (`unavailable`), never "not there" and never an empty range; every call ends in bounded
 * time. The ranges of one scan are read from one state of the medium, and a fence is compared in the very transaction of
 * the call that carries it. Not promised: a snapshot over several calls, several records in one commit, or rows that are
 * ever seen before their record is: a reader must expect a row whose record has changed since.
 */
export interface KeySpace {
  /**
   * Called before anything else, and again when it failed.
   * @throws RegistryError `unavailable` when the medium cannot be reached or would hide its outages
   */
  open(): Promise<void>;

  /**
   * For adapters that keep their rows in memory: makes them of the records. Called after `open`, before the first scan or
   * commit; reading records is possible before.
   * @param derive gives the rows of a record
   * @throws RegistryError `unavailable`; what `derive` throws
   */
  rebuild?(derive: (key: string, value: RecordValue) => readonly RowKey[]): Promise<void>;

  /**
   * Reads records, in the order of `keys`; undefined where there is none. Nobody changes what it gives: it may be shared, and frozen.
   * @throws RegistryError `unavailable`, also when the medium's fence has another version than `fence`
   */
  get(keys: readonly string[], fence?: Fence): Promise<(StoredRecord | undefined)[]>;

  /**
   * For adapters that can look through records faster than `get` reads them: looks for those whose JSON has some texts in it. It may end before the limit, and
   * keeps the process busy for a few milliseconds at most.
   * @throws RegistryError `unavailable`, also when the medium's fence has another version than `fence`
   */
  search?(search: RecordTest, fence?: Fence): Promise<FoundRecords>;

  /**
   * Reads index rows of several ranges in one round trip; gives those of each range, in the order of `ranges`.
   * @throws RegistryError `unavailable`, also when the medium's fence has another version than `fence`
   */
  scanMany(ranges: readonly RowRange[], fence?: Fence): Promise<RowKey[][]>;

  /**
   * Replaces one record and changes rows with it. False when the record's revision was not `expected`: then nothing has
   * changed. Adding a row that is there and removing one that is not are no errors; a row that is in both lists is there
   * afterwards.
   * @throws RegistryError `unavailable`: the commit may or may not have happened; when the medium's fence is another than
   *   the change's, it has not
   */
  commit(change: Change): Promise<boolean>;

  /**
   * For media that know at once, without a round trip: a text that is another one after each commit, whoever made it. Between two calls that give the
   * same, nothing was committed, and everything that was read in between is still so.
   * @throws RegistryError `unavailable`
   */
  stamp?(): string;

  /** Releases what `open` took. Later calls may fail. The caller's own Keyv or client is not closed. */
  close(): Promise<void>;
}

/**
 * A byte string: every character stands for one byte (U+0000 to U+00FF), so that `<` compares bytes. 1 to 1 900
 * bytes.
 */
export type RowKey = string;

/** Plain JSON. `__proto__` is a key like any other. */
export type RecordValue = Readonly<Record<string, unknown>>;

export interface StoredRecord {
  /** 1 or more, another one after each commit. */
  readonly revision: number;
  readonly value: RecordValue;
}

/** Records with keys from `start` (inclusive) to `end` (exclusive), in their order. */
export interface RecordTest {
  readonly start: string;
  readonly end: string;
  /** The most records to look at, 1 or more. */
  readonly limit: number;
  /** All must stand in the value as JSON.stringify writes it; they may also be found in what is around it. */
  readonly texts: readonly string[];
  /** Called with the value of each record that has them, as JSON.stringify writes it; more text may be around it. Absent: all of them pass. */
  readonly test?: ((json: string) => boolean) | undefined;
}

export interface FoundRecords {
  /** Keys of the records that have passed, in order. */
  readonly keys: readonly string[];
  /** Key of the last record that was looked at; null: there is none behind it. */
  readonly last: string | null;
}

/**
 * Rows in byte order, from `start` (inclusive) to `end` (exclusive), backwards with `reverse` (then the rows nearest to
 * `end` come first). An empty or inverted range has no rows.
 */
export interface RowRange {
  readonly start: RowKey;
  readonly end: RowKey;
  readonly reverse?: boolean;
  /** The most rows to return, 1 or more. */
  readonly limit: number;
}

/**
 * What stands once in the medium, beside all records, so that processes that understand it in different ways keep out of
 * each other's way. Both words have at most 100 characters of `A-Z a-z 0-9 . _ -`, and are empty at first.
 */
export interface Fence {
  /** A call that carries another version is refused. */
  readonly version: string;
  /** A commit that carries another lock is refused. */
  readonly lock: string;
}

export interface Change {
  /** The record's key: 1 to 200 characters of `A-Z a-z 0-9 / _ -`. */
  readonly key: string;
  /** The revision that the record has now; 0: it must not exist. */
  readonly expected: number;
  /** The new value, null to remove the record. The new revision is `expected + 1`. */
  readonly value: RecordValue | null;
  readonly addRows: readonly RowKey[];
  readonly removeRows: readonly RowKey[];
  /** The fence that the medium must have. Absent: any. */
  readonly fence?: Fence;
  /** The fence that it has from this commit on. Absent: the one that it has. */
  readonly nextFence?: Fence;
}
