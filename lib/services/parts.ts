import type { BlobStores } from '../blobs/stores.js';
import type { ImageCatalogue } from '../catalogue/image-catalogue.js';
import type { LeaseBook } from '../catalogue/lease-book.js';
import type { MetadataLimits } from '../domain/metadata.js';
import type { Clock } from '../domain/times.js';
import type { RegistryEmitter } from './events.js';

/** What the use cases work with. */
export interface Parts {
  readonly catalogue: ImageCatalogue;
  readonly leases: LeaseBook;
  readonly stores: BlobStores;
  readonly limits: MetadataLimits;
  readonly clock: Clock;
  readonly events: RegistryEmitter;
  readonly log: Log;
  /** Milliseconds without a sign of life after which an upload counts as dead. */
  readonly leaseTime: number;
}

/** Takes what there is to log: pino's methods. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
