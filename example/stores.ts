import path from 'node:path';
import { diskStore, memoryStore, redisStore } from 'express-image-registry';
import type { BlobStore, NamedStores } from 'express-image-registry';
import type { Logger } from 'pino';
import { nameAndPlace } from './store-flag.js';
import { s3StoreAt, type S3Settings } from './s3-address.js';

/** What the flags say of stores and of the folder for those that name none. */
export interface StoreSettings extends S3Settings {
  readonly store: readonly string[];
  readonly defaultStore: string | undefined;
  readonly data: string;
}

/** The stores that the flags name, closed by the registry. */
export function storesOf(settings: StoreSettings, logger: Logger): NamedStores {
  const { store, defaultStore, data } = settings;
  const stores = Object.fromEntries(
    store.map((text) => {
      const [name, place] = nameAndPlace(text);
      return [name, storeAt(place, settings, { folder: path.join(data, 'stores', name), logger })];
    }),
  );
  const first = Object.keys(stores).find((name) => stores[name] !== 'http');
  return { stores, defaultStore: defaultStore ?? first ?? '' };
}

function storeAt(
  place: string,
  s3: S3Settings,
  { folder, logger }: { readonly folder: string; readonly logger: Logger },
): BlobStore | 'http' {
  if (place === 'http') return place;
  if (place === 'memory') return memoryStore();
  if (/^disk(:|$)/.test(place))
    return diskStore({ path: place === 'disk' ? folder : place.slice('disk:'.length), logger });
  return s3StoreAt(place, s3, logger) ?? redisStore({ url: place, logger });
}
