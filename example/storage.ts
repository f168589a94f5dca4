import path from 'node:path';
import Keyv from 'keyv';
import type { Logger } from 'pino';
import { KeyvLmdb, diskStore, memoryStore, redisStore } from 'express-image-registry';
import type { BlobStore, NamedStores } from 'express-image-registry';
import type { Settings } from './flags.js';
import { storesOf } from './stores.js';
import { UsageError } from './usage-error.js';
import { s3StoreAt } from './s3-address.js';

export interface Storage {
  readonly metadata: Keyv;
  readonly blobs: BlobStore | NamedStores;
}

/**
 * Where the flags say that metadata and data live. The caller disconnects the Keyv; the registry closes the stores.
 * @throws UsageError
 */
export async function openStorage(settings: Settings, log: Logger): Promise<Storage> {
  const blobs = blobsOrStores(settings, log);
  const metadata = await metadataOf(settings);
  metadata.on('error', (error: unknown) => log.warn({ err: error }, 'the metadata store'));
  return { metadata, blobs };
}

async function metadataOf({ metadata, data }: Settings): Promise<Keyv> {
  switch (metadata) {
    case 'lmdb':
      return new Keyv({ store: new KeyvLmdb({ path: path.join(data, 'metadata') }), throwOnErrors: true });
    case 'memory':
      return new Keyv({ throwOnErrors: true });
    default:
      return onRedis(metadata);
  }
}

async function onRedis(url: string): Promise<Keyv> {
  const { default: KeyvRedis } = await import('@keyv/redis');
  // With its defaults @keyv/redis answers "not there" while Redis is down.
  const store = new KeyvRedis(url, {
    throwOnErrors: true,
    throwOnConnectError: true,
    connectionTimeout: 5000,
  });
  return new Keyv({ store, throwOnErrors: true });
}

function blobsOrStores(settings: Settings, log: Logger): BlobStore | NamedStores {
  const { store, defaultStore, blobs } = settings;
  if (store.length === 0) {
    if (defaultStore !== undefined) throw new UsageError('--default-store needs --store');
    return blobsOf(settings, log);
  }
  if (blobs !== 'disk') throw new UsageError('--blobs and --store exclude each other');
  return storesOf(settings, log);
}

function blobsOf(settings: Settings, logger: Logger): BlobStore {
  const { blobs, data } = settings;
  switch (blobs) {
    case 'disk':
      return diskStore({ path: path.join(data, 'blobs'), logger });
    case 'memory':
      return memoryStore();
    default:
      return s3StoreAt(blobs, settings, logger) ?? redisStore({ url: blobs, logger });
  }
}
