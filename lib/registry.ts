import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Router } from 'express';
import { Keyv } from 'keyv';
import { checkAccessRules, loadAccessRules } from './access-rules.js';
import { diskStore } from './blobs/disk/disk-store.js';
import { HttpSource } from './sources/http/http-source.js';
import { DigestThreads } from './blobs/digests/digest-threads.js';
import { BlobStores } from './blobs/stores.js';
import { CatalogueSpace } from './catalogue/catalogue-space.js';
import { ImageCatalogue } from './catalogue/image-catalogue.js';
import { keySpaceFor } from './catalogue/adapters/key-space-for.js';
import { KeyvLmdb } from './catalogue/adapters/keyv-lmdb.js';
import type { KeySpace } from './catalogue/key-space.js';
import { ProcessBook } from './catalogue/process-book.js';
import { RegistryBook } from './catalogue/registry-book.js';
import { LAYOUT } from './catalogue/row-set.js';
import { TaskBook } from './catalogue/task-book.js';
import { UsageBook } from './catalogue/usage-book.js';
import { checkOptions } from './check-options.js';
import { withDefaults, type FilledOptions } from './defaults.js';
import { stagedBytes, storedBytes } from './domain/blob-entries.js';
import { parseByteSize } from './domain/byte-size.js';
import { tellingWhere } from './domain/policy/policy-rules.js';
import { Clock } from './domain/times.js';
import type { ImageRegistryOptions } from './options.js';
import { routerFor } from './router.js';
import { AccessControl } from './services/access-control.js';
import { Closing } from './services/closing.js';
import { Copies } from './services/copies.js';
import { Heartbeat } from './services/heartbeat.js';
import { Images } from './services/images.js';
import { Janitor, type SweepReport } from './services/janitor.js';
import { Lifecycle } from './services/lifecycle.js';
import { checkMarks } from './services/marks.js';
import { Members } from './services/members.js';
import type { Parts } from './services/parts.js';
import { RegistryEmitter } from './services/events.js';
import { ScanGate } from './services/scan-gate.js';
import { reindex } from './services/reindex.js';
import { StorageQuota } from './services/storage-quota.js';
import { Tasks } from './services/tasks.js';
import { Transfer } from './services/transfer.js';
import { ProjectUsage } from './services/usage.js';
import { verify, type VerifyOptions, type VerifyReport } from './services/verify.js';

/** A mounted registry: an Express router with a few things for the host app. */
export interface ImageRegistry extends Router {
  /**
   * Resolves when metadata and blob stores can be used. Requests and use cases wait for it; call it to know of faults at start.
   * @throws RegistryError `unavailable`
   */
  ready(): Promise<void>;
  /**
   * Ends uploads that are going on, and releases files and connections that the registry opened itself; a Keyv or client that it was given
   * stays open, and so does a store that another registry still uses.
   * @throws RegistryError `unavailable` when the deadline is over: what was going on is settled by whoever finds it. Other errors of what is closed
   */
  close(options?: CloseOptions): Promise<void>;
  /**
   * Makes the index rows of this release in place of those of an older one, which then answers 503; changes nothing where they are of this
   * release. To be called when `ready()` asks for it; may be broken off, and called again. Until it is done nobody can change anything.
   * @throws RegistryError `unavailable`
   */
  reindex(): Promise<void>;
  /** Cleans up once what died half way; see the option `sweepInterval`. */
  sweep(): Promise<SweepReport>;
  /**
   * Compares the catalogue with its index and with the blob stores, on request by reading all data; changes nothing.
   * @throws RegistryError `unavailable`; the signal's reason
   */
  verify(options?: VerifyOptions): Promise<VerifyReport>;
  /** The use cases, for the host app's own code. */
  readonly images: Images;
  /** The use cases on members. */
  readonly members: Members;
  /** What happens to images. */
  readonly events: RegistryEmitter;
}

/** How a registry is closed. */
export interface CloseOptions {
  /** Milliseconds that all of it may take, whatever does not answer. Default: no limit but those of the storage. */
  readonly deadline?: number;
}

/**
 * Builds an image registry: an Express 5 router that serves the OpenStack Images API.
 * @throws TypeError for a bad option; the message names it
 */
export function createImageRegistry(given: ImageRegistryOptions): ImageRegistry {
  checkOptions(given);
  const options = withDefaults(given);
  checkAccessRules(options);
  const { authenticate, dataDir, imageSizeCap, keepDeletedDays, logger: log } = options;
  const space = new CatalogueSpace(keySpaceOf(options), { ...LAYOUT, indexed: options.indexedProperties });
  const catalogue = new ImageCatalogue(space);
  const leaseTime = options.leaseTime * 1000;
  const processes = new ProcessBook(space);
  const stores = new BlobStores(
    options.blobs ?? diskStore({ path: path.join(dataDir, 'blobs') }),
    { deadline: options.blobDeadline, log },
    options.staging,
  );
  if (options.accelRedirect !== undefined && !stores.haveFiles)
    throw new TypeError('createImageRegistry: option accelRedirect needs a disk store in option blobs');
  const parts: Parts = {
    catalogue,
    processes,
    heartbeat: new Heartbeat({ catalogue, processes, log, leaseTime }),
    stores,
    threads: new DigestThreads({ limit: options.hashThreads ?? availableParallelism(), log }),
    access: new AccessControl(),
    quota: new StorageQuota({
      catalogue,
      usage: new UsageBook(space),
      what: 'The images of a project have at most',
      bytesOf: storedBytes,
      limit: bytesIn(options, 'userStorageQuota'),
      recountInterval: leaseTime,
    }),
    staging: {
      store: stores.staging,
      quota: new StorageQuota({
        catalogue,
        usage: new UsageBook(space, 'staged'),
        what: 'The staged data of a project has at most',
        bytesOf: stagedBytes,
        limit: bytesIn(options, 'userStagingQuota'),
        recountInterval: leaseTime,
      }),
      keep: options.stagingTime * 1000,
    },
    limits: {
      diskFormats: options.diskFormats,
      containerFormats: options.containerFormats,
      imagePropertyQuota: options.imagePropertyQuota,
      imageSizeCap,
      imageMemberQuota: options.imageMemberQuota,
      imageLocationQuota: options.imageLocationQuota,
      imageCountQuota: options.imageCountQuota,
      imageTagQuota: options.imageTagQuota,
      hashAlgorithm: options.hashAlgorithm,
      limitDefault: Math.min(options.limitDefault, options.limitMax),
      limitMax: options.limitMax,
    },
    shows: { locations: options.showMultipleLocations, directUrl: options.showDirectUrl },
    sources: new HttpSource({ ...options.sources, sizeCap: imageSizeCap }),
    importMethods: options.importMethods,
    scans: new ScanGate(),
    clock: new Clock(),
    events: new RegistryEmitter(log),
    hooks: options.hooks ?? {},
    log,
    leaseTime,
    keepDeleted: keepDeletedDays === 0 ? Infinity : keepDeletedDays * 24 * 3_600_000,
    scrubDelay: options.delayedDelete ? options.scrubTime * 1000 : null,
  };
  const transfer = new Transfer(parts);
  const copies = new Copies(parts, {
    concurrency: options.copyConcurrency,
    queue: options.copyQueue,
  });
  const janitor = new Janitor(parts);
  const lifecycle = new Lifecycle(
    async () => {
      parts.access.use(await loadAccessRules(options, log));
      await parts.catalogue.open();
      await parts.stores.open();
      await checkMarks(new RegistryBook(space), parts.stores);
      await authenticate.open?.();
      janitor.start(options.sweepInterval * 1000);
    },
    async (closing) => {
      await closing.step('ending transfers', () => transfer.close());
      await closing.step('ending digests', () => parts.threads.close());
      await closing.step('ending the janitor', () => janitor.stop());
      await closing.step('ending the signs of life', () => parts.heartbeat.close());
      await closing.step('closing authenticate', async () => authenticate.close?.());
    },
  );
  const ready = (): Promise<void> => lifecycle.ready();
  const admit = (): Promise<void> => lifecycle.admit();
  const images = new Images({ ...parts, transfer, copies }, 'v1', admit);
  const members = new Members(parts, 'v1', admit);
  const served = {
    images,
    members,
    access: parts.access,
    stores: parts.stores.infos,
    usage: new ProjectUsage(parts),
    tasks: new Tasks(new TaskBook(space), parts),
    importMethods: options.importMethods,
  };
  const router = routerFor(served, options, admit);
  return Object.assign(router, {
    ready,
    close: async ({ deadline }: CloseOptions = {}) => {
      const closing = new Closing(deadline);
      await closing.step('closing the registry', () => lifecycle.close(closing));
      // Also what a reindex has opened, or a start that failed.
      await closing.step('closing the blob stores', () => parts.stores.close());
      await closing.step('closing the metadata', () => catalogue.close());
      closing.finish();
    },
    reindex: () => reindex(catalogue, log),
    sweep: async () => {
      await ready();
      return janitor.sweep();
    },
    verify: async (verifyOptions?: VerifyOptions) => {
      await ready();
      return verify(parts, verifyOptions);
    },
    images,
    members,
    events: parts.events,
  });
}

/** @throws TypeError that names the option */
function bytesIn(options: FilledOptions, name: 'userStorageQuota' | 'userStagingQuota'): number {
  return tellingWhere(`createImageRegistry: option ${name}`, () => parseByteSize(options[name]));
}

/** The injected metadata, or an LMDB in the data folder, which the key space opens and so closes itself. */
function keySpaceOf({ metadata, metadataDeadline, dataDir, logger }: FilledOptions): KeySpace {
  const deadline = metadataDeadline === undefined ? {} : { deadline: metadataDeadline };
  const settings = { ...deadline, logger };
  if (metadata !== undefined) return keySpaceFor(metadata, settings);
  // The very same as when the host app injects it, so that either finds what the other has written.
  const keyv = new Keyv({
    store: new KeyvLmdb({ path: path.join(dataDir, 'metadata') }),
    throwOnErrors: true,
  });
  return keySpaceFor(keyv, { ...settings, disconnects: true });
}
