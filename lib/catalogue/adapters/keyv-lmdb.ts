import { EventEmitter } from 'node:events';
import type { KeyvStoreAdapter } from 'keyv';
import type { Database, RootDatabase } from 'lmdb';
import { lmdbKey, lmdbKeyEnd, lmdbKeyName } from './lmdb-keys.js';
import { openLmdb, type LmdbEnvironment } from './lmdb-environment.js';
import type { OpenedLmdbFile } from './lmdb-file.js';
import { lmdbTransaction } from './lmdb-transaction.js';

export interface KeyvLmdbOptions {
  /** Folder of the database; made when it is not there (mode 0700, its files 0600). Not on a network file system: LMDB's locks do not work there. */
  readonly path: string;
}

interface Entry {
  readonly value: unknown;
  /** Milliseconds since 1970. */
  readonly expires?: number;
}

interface Opened {
  readonly environment: LmdbEnvironment;
  readonly entries: Database<Entry, Buffer>;
}

/** How many entries are read or removed at once, so that other work gets its turn. */
const SLICE = 500;

/**
 * A storage adapter for Keyv on LMDB: `new Keyv({ store: new KeyvLmdb({ path }) })`. What `set` and `delete` acknowledge
 * is on the disk; several processes of one host may share a folder. A namespace and a key have at most 1 976 bytes
 * together. The database is opened by the first call, and again by the first call after `disconnect`; all on one folder in a process share one.
 *
 * Its methods reject with the errors of LMDB, and with RegistryError `unavailable` when the file of the database is damaged, or was removed or
 * replaced while it was open; an ordinary Keyv shows them only with `throwOnErrors: true`.
 */
export class KeyvLmdb extends EventEmitter implements KeyvStoreAdapter {
  /** Keyv 5 iterates only over adapters whose dialect is in a list of its own: this is the embedded one of them. */
  readonly opts: { readonly dialect: 'sqlite'; readonly url: string; readonly path: string };
  /** Set by Keyv. */
  namespace: string | undefined = undefined;
  #opened: Promise<Opened> | undefined;
  #file: OpenedLmdbFile | undefined;
  #closed: Promise<void> = Promise.resolve();

  constructor(options: KeyvLmdbOptions) {
    super();
    this.opts = { dialect: 'sqlite', url: `lmdb:${options.path}`, path: options.path };
  }

  /** Whether the database is open or being opened. */
  get isOpen(): boolean {
    return this.#opened !== undefined;
  }

  /**
   * Opens the database unless it is open.
   * @returns the environment of LMDB, for databases beside the one that Keyv's entries are in
   * @throws Error of LMDB or of the file system
   * @internal
   */
  async open(): Promise<RootDatabase> {
    const { environment } = await this.#open();
    return environment.root;
  }

  /**
   * Makes sure that the open database is still the one in its folder.
   * @throws RegistryError `unavailable`
   * @internal
   */
  checkFile(use: 'commit' | 'read'): void {
    this.#file?.check(use);
  }

  async get<Value>(key: string): Promise<Value | undefined> {
    const [value] = await this.getMany<Value>([key]);
    return value;
  }

  async getMany<Value>(keys: string[]): Promise<(Value | undefined)[]> {
    const { root, entries } = await this.#handle('read');
    root.resetReadTxn();
    const found = keys.map((key) => entries.get(lmdbKey(this.namespace, key)));
    const expired = keys.filter((_, index) => isExpired(found[index]));
    if (expired.length > 0) await this.#remove(expired, isExpired);
    return found.map((entry) => (isExpired(entry) ? undefined : (entry?.value as Value | undefined)));
  }

  /** @param ttl milliseconds until the entry vanishes; for ever when it is left out */
  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    await this.setMany([ttl === undefined ? { key, value } : { key, value, ttl }]);
    return true;
  }

  async setMany(values: { key: string; value: unknown; ttl?: number | undefined }[]): Promise<void> {
    const { root, entries } = await this.#handle('commit');
    await lmdbTransaction(root, () => {
      for (const { key, value, ttl } of values) {
        const entry: Entry = typeof ttl === 'number' ? { value, expires: Date.now() + ttl } : { value };
        entries.putSync(lmdbKey(this.namespace, key), entry);
      }
    });
  }

  /** @returns whether there was such an entry */
  async delete(key: string): Promise<boolean> {
    return this.deleteMany([key]);
  }

  /** @returns whether there was an entry for each of the keys */
  async deleteMany(keys: string[]): Promise<boolean> {
    return (await this.#remove(keys, () => true)) === keys.length;
  }

  async has(key: string): Promise<boolean> {
    const [found] = await this.hasMany([key]);
    return found === true;
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    return (await this.getMany(keys)).map((value) => value !== undefined);
  }

  /** Removes the entries of this namespace; those of other namespaces stay. */
  async clear(): Promise<void> {
    for await (const names of this.#slices(this.namespace)) await this.#remove(names, () => true);
  }

  /** The keys and values of a namespace, in the order of the keys' UTF-8 bytes. */
  async *iterator<Value>(
    namespace = this.namespace,
  ): AsyncGenerator<(string | Awaited<Value> | undefined)[], void> {
    for await (const names of this.#slices(namespace)) {
      const { entries } = await this.#handle('read');
      for (const name of names) {
        const entry = entries.get(lmdbKey(namespace, name));
        if (entry !== undefined && !isExpired(entry)) yield [name, entry.value as Awaited<Value>];
      }
    }
  }

  /** Waits for running writes, then closes the database unless others in this process have it open. */
  async disconnect(): Promise<void> {
    const opened = this.#opened;
    if (opened !== undefined) {
      this.#opened = undefined;
      // A database that failed to open has nothing to close.
      this.#closed = opened.then(
        ({ environment }) => environment.release(),
        () => undefined,
      );
    }
    await this.#closed;
  }

  #open(): Promise<Opened> {
    if (this.#opened === undefined) {
      const opening = this.#closed.then(async () => {
        const opened = await openEntries(this.opts.path);
        this.#file = opened.environment.file;
        return opened;
      });
      this.#opened = opening;
      // What failed is tried again by the next call; the error itself goes to whoever awaits `opening`.
      opening.catch(() => {
        if (this.#opened === opening) this.#opened = undefined;
      });
    }
    return this.#opened;
  }

  async #handle(use: 'commit' | 'read'): Promise<{ root: RootDatabase; entries: Database<Entry, Buffer> }> {
    const { environment, entries } = await this.#open();
    this.checkFile(use);
    return { root: environment.root, entries };
  }

  /** Removes those entries that `condition` is true for, and counts them. */
  async #remove(keys: readonly string[], condition: (entry: Entry) => boolean): Promise<number> {
    const { root, entries } = await this.#handle('commit');
    return lmdbTransaction(root, () => {
      const present = keys
        .map((key) => lmdbKey(this.namespace, key))
        .filter((key) => {
          const entry = entries.get(key);
          return entry !== undefined && condition(entry);
        });
      for (const key of present) entries.removeSync(key);
      return present.length;
    });
  }

  async *#slices(namespace: string | undefined): AsyncGenerator<string[], void> {
    let start = lmdbKey(namespace, '');
    for (;;) {
      const { root, entries } = await this.#handle('read');
      root.resetReadTxn();
      const keys = [...entries.getKeys({ start, end: lmdbKeyEnd(namespace), limit: SLICE })];
      const last = keys.at(-1);
      if (last === undefined) return;
      yield keys.map((key) => lmdbKeyName(namespace, key));
      start = Buffer.concat([last, Buffer.alloc(1)]);
    }
  }
}

async function openEntries(path: string): Promise<Opened> {
  const environment = await openLmdb(path);
  try {
    const entries = environment.root.openDB<Entry, Buffer>({
      name: 'keyv',
      keyEncoding: 'binary',
      encoding: 'json',
    });
    return { environment, entries };
  } catch (error) {
    await environment.release();
    throw error;
  }
}

function isExpired(entry: Entry | undefined): boolean {
  return entry?.expires !== undefined && entry.expires <= Date.now();
}
