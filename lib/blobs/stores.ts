import { RegistryError } from '../errors.js';
import type { BlobStore } from './blob-store.js';
import { guard, type GuardOptions } from './guard/guard.js';
import { DEFAULT_ALIAS, readNamedStores, type NamedStore, type NamedStores } from './named-stores.js';
import { holdStore, releaseStore } from './store-holds.js';

/** A store under the name that records keep. */
export interface ResolvedStore {
  readonly name: string;
  readonly store: BlobStore;
}

/** A store as clients may know of it. */
export interface StoreInfo {
  readonly id: string;
  /** Whether data goes there that names no store. */
  readonly isDefault: boolean;
  readonly isReadOnly: boolean;
  readonly description: string | null;
  /** What it is made of: `file`, `http`, `memory`, `redis`… */
  readonly type: string;
}

/** What a store is called that only bytes wait in: nobody may pick it. */
const STAGING = 'os_glance_staging_store';

/** The stores of a registry by name; those that hold blobs are each behind its guard. */
export class BlobStores {
  readonly #stores = new Map<string, BlobStore>();
  /** Those that were given, by the guards around them. */
  readonly #given = new Map<BlobStore, BlobStore>();
  readonly #opened = new Set<BlobStore>();
  readonly #default: ResolvedStore;
  /** All stores in the order of the option, the one for data elsewhere included. */
  readonly infos: readonly StoreInfo[];
  /** Name of the store that stands for data at addresses elsewhere; null: there is none. */
  readonly elsewhere: string | null;

  /** Name of the store in which bytes wait to be imported. */
  readonly staging: string;
  /** Whether the stores have names that the operator gave them. */
  readonly #named: boolean;

  /**
   * @param staging where bytes wait to be imported: a store of its own, or the name of one of the others. Default: the default store
   * @throws TypeError that names the option that is wrong
   */
  constructor(
    option: BlobStore | NamedStores,
    guarding: Omit<GuardOptions, 'name' | 'readOnly'>,
    staging?: BlobStore | string,
  ) {
    const { stores, defaultStore, named } = readNamedStores(option);
    this.#named = named;
    const guarded = new Map<BlobStore, BlobStore>();
    for (const { name, store, readOnly } of stores) {
      if (store === null) continue;
      // One store under two names is still opened once.
      const known = guarded.get(store) ?? guard(store, { ...guarding, name, readOnly });
      guarded.set(store, known);
      this.#stores.set(name, known);
      this.#given.set(known, store);
    }
    this.elsewhere = stores.find(({ store }) => store === null)?.name ?? null;
    this.infos = stores.map(({ name, store, readOnly, description }) => ({
      id: name,
      isDefault: name === defaultStore,
      isReadOnly: readOnly,
      description,
      type: store === null ? 'http' : (store.type ?? 'custom'),
    }));
    this.#default = { name: defaultStore, store: this.at({ store: defaultStore }) };
    this.staging = this.#stagingOf(staging, stores, guarding);
  }

  /** Whether there is a store of this name, the one for data elsewhere included; `file` is also a name of the default store. */
  has(name: string): boolean {
    return this.canonical(name) !== null;
  }

  /** The name that records keep of a store; null when there is none. */
  canonical(name: string): string | null {
    if (this.infos.some(({ id }) => id === name)) return name;
    return name === DEFAULT_ALIAS ? this.#default.name : null;
  }

  /** Whether there is a store of this name that holds blobs, the one in which bytes wait included. */
  holdsBlobs(name: string): boolean {
    return this.#stores.has(name) || this.#stores.has(this.canonical(name) ?? '');
  }

  /** Whether nothing can be written to the store of this name. */
  isReadOnly(name: string): boolean {
    const known = this.canonical(name);
    return this.infos.some(({ id, isReadOnly }) => id === known && isReadOnly);
  }

  /**
   * The store of this name that holds blobs, null for the default one.
   * @throws RegistryError `unavailable` when there is no such store (any more)
   */
  resolve(name: string | null): ResolvedStore {
    if (name === null) return this.#default;
    const known = this.#stores.has(name) ? name : this.canonical(name);
    const store = known === null ? undefined : this.#stores.get(known);
    if (known === null || store === undefined)
      throw new RegistryError('unavailable', `no blob store is configured as ${name}`);
    return { name: known, store };
  }

  /**
   * The store of this name for data to come, null for the default one.
   * @throws RegistryError `unavailable` when there is no such store (any more), `gone` when it takes no data (any more)
   */
  toWrite(name: string | null): ResolvedStore {
    if (name !== null && this.isReadOnly(name))
      throw new RegistryError('gone', 'This store is read-only: it takes no data.');
    return this.resolve(name);
  }

  /**
   * The store that holds a blob.
   * @throws RegistryError `unavailable` when there is no such store (any more)
   */
  at(blob: { readonly store: string }): BlobStore {
    return this.resolve(blob.store).store;
  }

  /** Whether any store keeps its blobs as plain files. */
  get haveFiles(): boolean {
    return [...this.#stores.values()].some((store) => store.fileOf !== undefined);
  }

  /**
   * Where a blob is as a plain file: its path in its store, and of several stores the name of that in front. Null: its store keeps no files.
   * @throws RegistryError `unavailable` when there is no such store (any more)
   */
  fileOf(blob: { readonly store: string; readonly location: string }): string | null {
    const { name, store } = this.resolve(blob.store);
    const file = store.fileOf?.(blob.location) ?? null;
    return file === null || !this.#named ? file : `${name}/${file}`;
  }

  /** Names of all stores that hold blobs, in the order of the option. */
  get names(): readonly string[] {
    return [...this.#stores.keys()];
  }

  /** Names of all stores that take data, in the order of the option. */
  get writable(): readonly string[] {
    return this.infos.filter(({ isReadOnly }) => !isReadOnly).map(({ id }) => id);
  }

  /**
   * Makes all stores ready that are not yet; called again when it failed, or when something else at the start did.
   * @throws RegistryError of the first store that is not
   */
  async open(): Promise<void> {
    await this.#all(async (store) => {
      if (this.#opened.has(store)) return;
      await holdStore(this.#given.get(store) ?? store, async () => store.open?.());
      this.#opened.add(store);
    });
  }

  /**
   * Closes all stores, also when one of them fails; those that another registry of this process has open stay so.
   * @throws RegistryError of the first store that fails
   */
  async close(): Promise<void> {
    await this.#all(async (store) => {
      if (!this.#opened.delete(store)) return;
      await releaseStore(this.#given.get(store) ?? store, async () => store.close?.());
    });
  }

  #stagingOf(
    wanted: BlobStore | string | undefined,
    stores: readonly NamedStore[],
    guarding: Omit<GuardOptions, 'name' | 'readOnly'>,
  ): string {
    if (wanted === undefined) return this.#default.name;
    const known = stores.find(({ name, store }) => name === wanted || store === wanted);
    if (typeof wanted === 'string' && known === undefined)
      throw new TypeError(
        'createImageRegistry: option staging must be a BlobStore, or a name in blobs.stores',
      );
    if (known?.readOnly === true)
      throw new TypeError('createImageRegistry: option staging must be a store that takes data');
    if (known !== undefined) return known.name;
    this.#stores.set(STAGING, guard(wanted as BlobStore, { ...guarding, name: STAGING }));
    return STAGING;
  }

  async #all(work: (store: BlobStore) => Promise<void>): Promise<void> {
    const results = await Promise.allSettled([...new Set(this.#stores.values())].map(work));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }
}
