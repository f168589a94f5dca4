import type { RemoteSources } from '../sources/remote-sources.js';
import type { DigestThreads } from '../blobs/digests/digest-threads.js';
import type { BlobStores } from '../blobs/stores.js';
import type { ImageCatalogue } from '../catalogue/image-catalogue.js';
import type { ProcessBook } from '../catalogue/process-book.js';
import type { ImportMethod } from '../domain/import-task.js';
import type { MetadataLimits } from '../domain/metadata.js';
import type { Clock } from '../domain/times.js';
import type { AccessControl } from './access-control.js';
import type { RegistryEmitter } from './events.js';
import type { Heartbeat } from './heartbeat.js';
import type { Hooks } from './hooks.js';
import type { Logger } from '../logger.js';
import type { ScanGate } from './scan-gate.js';
import type { StorageQuota } from './storage-quota.js';

/** What the use cases work with. */
export interface Parts {
  readonly catalogue: ImageCatalogue;
  readonly processes: ProcessBook;
  readonly heartbeat: Heartbeat;
  readonly stores: BlobStores;
  /** Where the data of large uploads is digested. */
  readonly threads: DigestThreads;
  readonly access: AccessControl;
  readonly quota: StorageQuota;
  readonly staging: Staging;
  readonly sources: RemoteSources;
  /** Ways to import that are offered. */
  readonly importMethods: readonly ImportMethod[];
  /** Whose turn it is to look through images with a filter. */
  readonly scans: ScanGate;
  readonly limits: Limits;
  readonly shows: Shows;
  readonly clock: Clock;
  readonly events: RegistryEmitter;
  readonly hooks: Hooks;
  readonly log: Logger;
  /** Milliseconds without a sign of life after which a registry counts as dead. */
  readonly leaseTime: number;
  /** Milliseconds for which the record of a deleted image is kept; Infinity: for ever. */
  readonly keepDeleted: number;
  /** Milliseconds between a deletion and the removal of the data; null: it is removed at once. */
  readonly scrubDelay: number | null;
}

/** What the operator shows of where data lies. */
export interface Shows {
  readonly locations: boolean;
  readonly directUrl: boolean;
}

/** Where bytes wait to be imported. */
export interface Staging {
  /** Name of the store. */
  readonly store: string;
  readonly quota: StorageQuota;
  /** Milliseconds for which they wait. */
  readonly keep: number;
}

/** What the operator allows of an image and of a project. */
export interface Limits extends MetadataLimits {
  /** Most members of an image. */
  readonly imageMemberQuota: number;
  /** Most images of a project; 0: no limit. */
  readonly imageCountQuota: number;
  /** Most places of an image's data. */
  readonly imageLocationQuota: number;
  /** Digest of data besides md5, by OpenSSL's name. */
  readonly hashAlgorithm: string;
  /** Images on a page when nobody says. */
  readonly limitDefault: number;
  /** Most images on a page. */
  readonly limitMax: number;
}
