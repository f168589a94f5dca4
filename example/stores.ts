import path from 'node:path';
import { diskStore, memoryStore, redisStore } from 'express-image-registry';
import type { BlobStore, NamedStores } from 'express-image-registry';
import type { Logger } from 'pino';
import { nameAndPlace } from './store-flag.js';
import { UsageError } from './usage-error.js';

/** What the flags say of stores and of the folder for those that name none. */
export interface StoreSettings {
  readonly store: readonly string[];
  readonly defaultStore: string | undefined;
  readonly data: string;
}

/**
 * The stores that the flags name, closed by the registry.
 * @throws UsageError
 */
export function storesOf({ store, defaultStore, data }: StoreSettings, logger: Logger): NamedStores {
  const stores = Object.fromEntries(
    store.map((text) => {
      const [name, place] = nameAndPlace(text);
      return [name, storeAt(place, { folder: path.join(data, 'stores', name), logger })];
    }),
  );
  const first = Object.keys(stores).find((name) => stores[name] !== 'http');
  return { stores, defaultStore: defaultStore ?? first ?? '' };
}

function storeAt(
  place: string,
  { folder, logger }: { readonly folder: string; readonly logger: Logger },
): BlobStore | 'http' {
  if (place === 'http') return place;
  if (place === 'memory') return memoryStore();
  if (place.startsWith('s3:')) throw new UsageError('--store does not take s3://bucket/prefix yet');
  if (!/^disk(:|$)/.test(place)) return redisStore({ url: place, logger });
  return diskStore({ path: place === 'disk' ? folder : place.slice('disk:'.length), logger });
}
