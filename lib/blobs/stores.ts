import { RegistryError } from '../errors.js';
import type { BlobStore } from './blob-store.js';
import { guard, type GuardOptions } from './guard/guard.js';

/** Several stores by name; new blobs go to the default store unless another is asked for. */
export interface NamedBlobStores {
  /** Names have 1 to 64 characters of `A-Z a-z 0-9 _ -`. */
  readonly stores: Readonly<Record<string, BlobStore>>;
  readonly defaultStore: string;
}

/** A store under the name that records keep. */
export interface ResolvedStore {
  readonly name: string;
  readonly store: BlobStore;
}

/** What the default store also answers to, as in the Images API v1; the name of a store that is the only one. */
const DEFAULT_ALIAS = 'file';

/** The blob stores of a registry by name, each behind its guard. */
export class BlobStores {
  readonly #stores = new Map<string, BlobStore>();
  readonly #opened = new Set<BlobStore>();
  readonly #default: ResolvedStore;

  /** @throws TypeError that names the option that is wrong */
  constructor(option: BlobStore | NamedBlobStores, guarding: Omit<GuardOptions, 'name'>) {
    const { stores, defaultStore } = storesByName(option);
    const guarded = new Map<BlobStore, BlobStore>();
    for (const [name, store] of Object.entries(stores)) {
      if (!/^[a-z0-9_-]{1,64}$/i.test(name)) {
        throw new TypeError(
          `createImageRegistry: option blobs.stores must have names of 1 to 64 characters of A-Z, a-z, 0-9, _ and -, not "${name}"`,
        );
      }
      if (!isBlobStore(store))
        throw new TypeError(`createImageRegistry: option blobs.stores.${name} must be a BlobStore`);
      // One store under two names is still opened once.
      const known = guarded.get(store) ?? guard(store, { ...guarding, name });
      guarded.set(store, known);
      this.#stores.set(name, known);
    }
    const store = this.#stores.get(defaultStore);
    if (store === undefined)
      throw new TypeError(
        'createImageRegistry: option blobs.defaultStore must be one of the names in blobs.stores',
      );
    this.#default = { name: defaultStore, store };
  }

  /** Whether there is a store of this name; `file` is also a name of the default store. */
  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /**
   * The store of this name, null for the default one.
   * @throws RegistryError `unavailable` when there is no such store (any more)
   */
  resolve(name: string | null): ResolvedStore {
    const found = name === null ? this.#default : this.#find(name);
    if (found === undefined) throw new RegistryError('unavailable', `no blob store is configured as ${name}`);
    return found;
  }

  /**
   * The store that holds a blob.
   * @throws RegistryError `unavailable` when there is no such store (any more)
   */
  at(blob: { readonly store: string }): BlobStore {
    return this.resolve(blob.store).store;
  }

  /** Names of all stores, in the order of the option. */
  get names(): readonly string[] {
    return [...this.#stores.keys()];
  }

  /**
   * Makes all stores ready that are not yet; called again when it failed, or when something else at the start did.
   * @throws RegistryError of the first store that is not
   */
  async open(): Promise<void> {
    await this.#all(async (store) => {
      if (this.#opened.has(store)) return;
      await store.open?.();
      this.#opened.add(store);
    });
  }

  /**
   * Closes all stores, also when one of them fails.
   * @throws RegistryError of the first store that fails
   */
  async close(): Promise<void> {
    await this.#all(async (store) => {
      if (this.#opened.delete(store)) await store.close?.();
    });
  }

  #find(name: string): ResolvedStore | undefined {
    const store = this.#stores.get(name);
    if (store !== undefined) return { name, store };
    return name === DEFAULT_ALIAS ? this.#default : undefined;
  }

  async #all(work: (store: BlobStore) => Promise<void>): Promise<void> {
    const results = await Promise.allSettled([...new Set(this.#stores.values())].map(work));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }
}

function storesByName(option: BlobStore | NamedBlobStores): NamedBlobStores {
  if (isBlobStore(option)) return { stores: { [DEFAULT_ALIAS]: option }, defaultStore: DEFAULT_ALIAS };
  const { stores }: { readonly stores?: unknown } = option;
  if (typeof stores !== 'object' || stores === null) {
    throw new TypeError('createImageRegistry: option blobs must be a BlobStore, or { stores, defaultStore }');
  }
  return option;
}

function isBlobStore(value: unknown): value is BlobStore {
  if (typeof value !== 'object' || value === null) return false;
  const methods = ['write', 'read', 'stat', 'remove', 'discard'] as const;
  return methods.every((name) => typeof (value as Partial<BlobStore>)[name] === 'function');
}
