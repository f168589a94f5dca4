import type { BlobStore } from './blob-store.js';

/** Several stores by name. */
export interface NamedStores {
  /**
   * Names have 1 to 64 characters of `A-Z a-z 0-9 _ -` and do not begin with `os_glance`. At most one store is `http`: the name under which
   * clients see data that stays at addresses elsewhere. Clients get to know the stores in this order.
   */
  readonly stores: Readonly<Record<string, BlobStore | 'http' | StoreSettings>>;
  /** Where data goes that names no store; one that takes data. */
  readonly defaultStore: string;
}

/** A store with what is to be known of it. */
export interface StoreSettings {
  readonly store: BlobStore | 'http';
  /**
   * Nothing is written to it, marked on it or removed from it; what is to be removed waits until it may be written to again. Default false; an
   * `http` store is always read-only.
   */
  readonly readOnly?: boolean;
  /** What clients are told of it, at most 255 characters. Default: nothing. */
  readonly description?: string;
}

/** A store of the option, with everything said. */
export interface NamedStore {
  readonly name: string;
  /** Null: data at addresses elsewhere. */
  readonly store: BlobStore | null;
  readonly readOnly: boolean;
  readonly description: string | null;
}

/** What the default store also answers to, as in the Images API v1; the name of a store that is the only one. */
export const DEFAULT_ALIAS = 'file';

const OPTION = 'createImageRegistry: option blobs';
const SETTINGS: readonly string[] = ['store', 'readOnly', 'description'] satisfies (keyof StoreSettings)[];
const DESCRIPTION_LENGTH = 255;

/**
 * Reads the option `blobs`.
 * @throws TypeError that names what is wrong
 */
export function readNamedStores(option: BlobStore | NamedStores): {
  readonly stores: readonly NamedStore[];
  readonly defaultStore: string;
  /** Whether the option gave them names. */
  readonly named: boolean;
} {
  if (isBlobStore(option)) {
    const only = { ...PLAIN, name: DEFAULT_ALIAS, store: option };
    return { stores: [only], defaultStore: DEFAULT_ALIAS, named: false };
  }
  const { stores: given, defaultStore }: { readonly stores?: unknown; readonly defaultStore: string } =
    option;
  if (!isObject(given)) throw new TypeError(`${OPTION} must be a BlobStore, or { stores, defaultStore }`);
  const stores = Object.entries(given).map(([name, value]) => readStore(name, value));
  requireConsistent(stores, defaultStore);
  return { stores, defaultStore, named: true };
}

const PLAIN = { readOnly: false, description: null };

function readStore(name: string, value: unknown): NamedStore {
  if (!/^(?!os_glance)[a-z0-9_-]{1,64}$/i.test(name))
    throw new TypeError(
      `${OPTION}.stores must have names of 1 to 64 characters of A-Z, a-z, 0-9, _ and - that do not begin with os_glance, not "${name}"`,
    );
  const at = `${OPTION}.stores.${name}`;
  if (value === 'http') return { ...PLAIN, name, store: null, readOnly: true };
  if (isBlobStore(value)) return { ...PLAIN, name, store: value };
  if (!isObject(value) || value.store === undefined)
    throw new TypeError(`${at} must be a BlobStore, http, or { store, readOnly, description }`);
  const unknown = Object.keys(value).find((key) => !SETTINGS.includes(key));
  if (unknown !== undefined)
    throw new TypeError(`createImageRegistry: there is no option blobs.stores.${name}.${unknown}`);
  const { store, readOnly = false, description = null } = value;
  if (store !== 'http' && !isBlobStore(store)) throw new TypeError(`${at}.store must be a BlobStore or http`);
  if (typeof readOnly !== 'boolean') throw new TypeError(`${at}.readOnly must be boolean`);
  if (store === 'http' && value.readOnly === false)
    throw new TypeError(`${at}.readOnly must be true or left out: nothing can be written to an http store`);
  if (description !== null && (typeof description !== 'string' || description.length > DESCRIPTION_LENGTH))
    throw new TypeError(`${at}.description must be a string of at most ${DESCRIPTION_LENGTH} characters`);
  if (store === 'http') return { name, store: null, readOnly: true, description };
  return { name, store, readOnly, description };
}

/** What one store cannot say of itself. */
function requireConsistent(stores: readonly NamedStore[], defaultStore: string): void {
  const preferred = stores.find(({ name }) => name === defaultStore);
  if (preferred === undefined)
    throw new TypeError(`${OPTION}.defaultStore must be one of the names in blobs.stores`);
  if (preferred.readOnly) throw new TypeError(`${OPTION}.defaultStore must be a store that takes data`);
  if (stores.filter(({ store }) => store === null).length > 1)
    throw new TypeError(`${OPTION}.stores must have at most one http store`);
  for (const { name, store, readOnly } of stores) {
    const other = stores.find((one) => one.store === store && one.readOnly !== readOnly);
    if (store !== null && other !== undefined)
      throw new TypeError(
        `${OPTION}.stores.${name} is the same store as ${other.name}: both must be read-only, or none`,
      );
  }
}

function isBlobStore(value: unknown): value is BlobStore {
  if (!isObject(value)) return false;
  const methods = ['write', 'read', 'stat', 'remove', 'discard'] as const;
  return methods.every((name) => typeof value[name] === 'function');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
