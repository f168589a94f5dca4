import type { CatalogueSpace } from './catalogue-space.js';
import { REGISTRY_KEY } from './rows.js';

/** What a registry knows of itself: who it is, and which media are its own. */
export interface RegistryRecord {
  /** A uuid, made at the first start. */
  readonly id: string;
  /** By the name of the store. */
  readonly stores: ReadonlyMap<string, StoreEntry>;
}

export interface StoreEntry {
  /** A uuid: the store's part of the mark of its medium. */
  readonly mark: string;
  /** Whether the mark is known to have been put; until then no blob was ever written to the medium. */
  readonly marked: boolean;
}

/** The record of the registry, in the key space that the image catalogue has opened. */
export class RegistryBook {
  readonly #space: CatalogueSpace;

  constructor(space: CatalogueSpace) {
    this.#space = space;
  }

  /**
   * The record; undefined before the first start.
   * @throws RegistryError `unavailable`
   */
  async get(): Promise<(RegistryRecord & { readonly revision: number }) | undefined> {
    const [record] = await this.#space.get([REGISTRY_KEY]);
    if (record === undefined) return undefined;
    const { id, stores } = record.value as { id: string; stores: Record<string, StoreEntry> };
    return { id, stores: new Map(Object.entries(stores)), revision: record.revision };
  }

  /**
   * Puts a record in place of the one with that revision (0: there is none). False: somebody else was faster.
   * @throws RegistryError `unavailable`
   */
  async put({ id, stores }: RegistryRecord, revision: number): Promise<boolean> {
    const value = { id, stores: Object.fromEntries(stores) };
    return this.#space.put(REGISTRY_KEY, revision === 0 ? undefined : { revision, value }, value);
  }
}
