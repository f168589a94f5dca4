import path from 'node:path';
import { inspect } from 'node:util';
import { Router } from 'express';
import { Keyv } from 'keyv';
import { checkAccessRules, loadAccessRules } from './access-rules.js';
import { diskStore } from './blobs/disk/disk-store.js';
import { HttpSource } from './sources/http/http-source.js';
import { BlobStores } from './blobs/stores.js';
import { ImageCatalogue } from './catalogue/image-catalogue.js';
import { keySpaceFor } from './catalogue/adapters/key-space-for.js';
import { KeyvLmdb } from './catalogue/adapters/keyv-lmdb.js';
import type { KeySpace } from './catalogue/key-space.js';
import { LeaseBook } from './catalogue/lease-book.js';
import { UsageBook } from './catalogue/usage-book.js';
import { checkOptions } from './check-options.js';
import { parseByteSize } from './domain/byte-size.js';
import { CONTAINER_FORMATS, DISK_FORMATS } from './domain/metadata.js';
import { named } from './domain/policy/policy-rules.js';
import { Clock } from './domain/times.js';
import type { HttpParts } from './http/context.js';
import { handleWith } from './http/handle.js';
import { mount } from './http/mount.js';
import type { Authenticate } from './identity/identity.js';
import type { ImageRegistryOptions, Logger } from './options.js';
import { AccessControl } from './services/access-control.js';
import { Copies } from './services/copies.js';
import { Images } from './services/images.js';
import { Janitor, type SweepReport } from './services/janitor.js';
import { Lifecycle } from './services/lifecycle.js';
import { Members } from './services/members.js';
import type { Parts } from './services/parts.js';
import { RegistryEmitter } from './services/events.js';
import { StorageQuota } from './services/storage-quota.js';
import { Transfer } from './services/transfer.js';
import { verify, type VerifyReport } from './services/verify.js';
import { v1Router } from './v1/router.js';

/** 1 TiB. */
const DEFAULT_SIZE_CAP = 1024 ** 4;

/** A mounted registry: an Express router with a few things for the host app. */
export interface ImageRegistry extends Router {
  /**
   * Resolves when metadata and blob stores can be used. Requests wait for it; call it to know of faults at start.
   * @throws RegistryError `unavailable`
   */
  ready(): Promise<void>;
  /** Ends uploads that are going on, and releases files and connections that the registry opened itself. */
  close(): Promise<void>;
  /** Cleans up once what died half way; see the option `sweepInterval`. */
  sweep(): Promise<SweepReport>;
  /**
   * Compares the catalogue with its index and with the blob stores; reads everything, changes nothing.
   * @throws RegistryError `unavailable`
   */
  verify(signal?: AbortSignal): Promise<VerifyReport>;
  /** The use cases, for the host app's own code. */
  readonly images: Images;
  /** The use cases on members. */
  readonly members: Members;
  /** What happens to images. */
  readonly events: RegistryEmitter;
}

/**
 * Builds an image registry: an Express 5 router that serves the OpenStack Images API.
 * @throws TypeError for a bad option; the message names it
 */
export function createImageRegistry(options: ImageRegistryOptions): ImageRegistry {
  checkOptions(options);
  const { authenticate, dataDir = './data', keepDeletedDays = 0 } = options;
  const log = options.logger ?? processWarnings;
  checkAccessRules(options);
  const space = keySpaceOf(options, dataDir, log);
  const catalogue = new ImageCatalogue(space);
  const leaseTime = (options.leaseTime ?? 60) * 1000;
  const parts: Parts = {
    catalogue,
    leases: new LeaseBook(space),
    stores: new BlobStores(options.blobs ?? diskStore({ path: path.join(dataDir, 'blobs') }), {
      deadline: options.blobDeadline ?? 30_000,
      log,
    }),
    access: new AccessControl(),
    quota: new StorageQuota({
      catalogue,
      usage: new UsageBook(space),
      userStorageQuota: named('createImageRegistry: option userStorageQuota', () =>
        parseByteSize(options.userStorageQuota ?? 0),
      ),
      recountInterval: leaseTime,
    }),
    limits: {
      diskFormats: options.diskFormats ?? DISK_FORMATS,
      containerFormats: options.containerFormats ?? CONTAINER_FORMATS,
      imagePropertyQuota: options.imagePropertyQuota ?? 128,
      imageSizeCap: options.imageSizeCap ?? DEFAULT_SIZE_CAP,
      imageMemberQuota: options.imageMemberQuota ?? 128,
      imageCountQuota: options.imageCountQuota ?? 0,
    },
    sources: new HttpSource({ ...options.sources, sizeCap: options.imageSizeCap ?? DEFAULT_SIZE_CAP }),
    clock: new Clock(),
    events: new RegistryEmitter(log),
    log,
    leaseTime,
    keepDeleted: keepDeletedDays === 0 ? Infinity : keepDeletedDays * 24 * 3_600_000,
    scrubDelay: options.delayedDelete === true ? (options.scrubTime ?? 0) * 1000 : null,
  };
  const transfer = new Transfer(parts);
  const images = new Images(parts, transfer, new Copies(parts, transfer, options.copyConcurrency ?? 4));
  const janitor = new Janitor(parts);
  const lifecycle = new Lifecycle(
    async () => {
      parts.access.use(await loadAccessRules(options, log));
      await parts.catalogue.open();
      await parts.stores.open();
      await authenticate.open?.();
      janitor.start((options.sweepInterval ?? 60) * 1000);
    },
    async () => {
      await transfer.close();
      await janitor.stop();
      await authenticate.close?.();
      await parts.stores.close();
      await parts.catalogue.close();
    },
  );
  const members = new Members(parts);
  const router = routerFor(parts, { images, members }, options, () => lifecycle.ready());
  return Object.assign(router, {
    ready: () => lifecycle.ready(),
    close: () => lifecycle.close(),
    sweep: async () => {
      await lifecycle.ready();
      return janitor.sweep();
    },
    verify: async (signal?: AbortSignal) => {
      await lifecycle.ready();
      return verify(parts, signal);
    },
    images,
    members,
    events: parts.events,
  });
}

/** The injected metadata, or an LMDB in the data folder, which the key space opens and so closes itself. */
function keySpaceOf(
  { metadata, metadataDeadline }: ImageRegistryOptions,
  dataDir: string,
  log: Logger,
): KeySpace {
  const deadline = metadataDeadline === undefined ? {} : { deadline: metadataDeadline };
  if (metadata !== undefined) {
    const warn = (message: string): void => log.warn({}, message);
    return keySpaceFor(metadata, { ...deadline, warn });
  }
  // The very same as when the host app injects it, so that either finds what the other has written.
  const keyv = new Keyv({
    store: new KeyvLmdb({ path: path.join(dataDir, 'metadata') }),
    throwOnErrors: true,
  });
  return keySpaceFor(keyv, deadline);
}

function routerFor(
  { log, limits }: Parts,
  { images, members }: Pick<HttpParts, 'images' | 'members'>,
  options: ImageRegistryOptions,
  ready: () => Promise<void>,
): Router {
  const limitMax = options.limitMax ?? 1000;
  const http: HttpParts = {
    images,
    members,
    log,
    settings: {
      publicEndpoint: options.publicEndpoint ?? null,
      lenientClients: options.lenientClients ?? true,
      limitDefault: Math.min(options.limitDefault ?? 25, limitMax),
      limitMax,
      imagePropertyQuota: limits.imagePropertyQuota,
    },
  };
  const authenticate: Authenticate = async (request) => {
    await ready();
    return options.authenticate(request);
  };
  const handle = handleWith(http, Object.assign(authenticate, { challenge: options.authenticate.challenge }));
  const v1 = v1Router(http, handle);
  const router = Router({ strict: true, caseSensitive: true });
  router.use(
    mount({
      versions: [
        {
          segments: ['v1', 'v1.0', 'v1.1'],
          accept: /^\s*application\/vnd\.openstack\.images-v1(\.[01])?\b/,
          path: 'v1',
          handler: v1,
        },
      ],
      unknownPaths: options.unknownPaths ?? 'choices',
      settings: http.settings,
      log,
    }),
  );
  return router;
}

/** Without a logger only what needs somebody's attention is told, in Node's own way. */
const processWarnings: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields, message) => process.emitWarning(`${message} ${describe(fields)}`, 'ImageRegistryWarning'),
  error: (fields, message) => process.emitWarning(`${message} ${describe(fields)}`, 'ImageRegistryError'),
};

function describe(fields: object): string {
  return inspect(fields, { depth: 4, breakLength: Infinity });
}
