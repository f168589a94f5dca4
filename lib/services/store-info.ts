import type { BlobStores } from '../blobs/stores.js';

/** A blob store as clients may know of it. */
export interface StoreInfo {
  readonly id: string;
  /** Whether data goes there that names no store. */
  readonly isDefault: boolean;
  /** What it is made of: `file`, `memory`, `redis`… */
  readonly type: string;
}

/** The blob stores of a registry, in the order in which the operator named them. */
export function storeInfo(stores: BlobStores): readonly StoreInfo[] {
  const preferred = stores.resolve(null).name;
  return stores.names.map((id) => ({
    id,
    isDefault: id === preferred,
    type: stores.at({ store: id }).type ?? 'custom',
  }));
}
