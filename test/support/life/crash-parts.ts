import { Readable } from 'node:stream';
import type { BlobStore } from '../../../lib/blobs/blob-store.js';
import { HttpSource } from '../../../lib/sources/http/http-source.js';
import { memoryStore } from '../../../lib/blobs/memory/memory-store.js';
import { DigestThreads } from '../../../lib/blobs/digests/digest-threads.js';
import { BlobStores } from '../../../lib/blobs/stores.js';
import { CatalogueSpace } from '../../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../../lib/catalogue/image-catalogue.js';
import { ProcessBook } from '../../../lib/catalogue/process-book.js';
import { UsageBook } from '../../../lib/catalogue/usage-book.js';
import { stagedBytes, storedBytes } from '../../../lib/domain/blob-entries.js';
import { IMPORT_METHODS } from '../../../lib/domain/import-task.js';
import type { BlobEntry, Image } from '../../../lib/domain/image.js';
import { Clock, timeAfter } from '../../../lib/domain/times.js';
import { RegistryError } from '../../../lib/errors.js';
import { RegistryEmitter } from '../../../lib/services/events.js';
import { AccessControl } from '../../../lib/services/access-control.js';
import { Heartbeat } from '../../../lib/services/heartbeat.js';
import type { Logger } from '../../../lib/logger.js';
import type { Parts } from '../../../lib/services/parts.js';
import { processIdentity, type ProcessIdentity } from '../../../lib/services/process-identity.js';
import { ScanGate } from '../../../lib/services/scan-gate.js';
import { StorageQuota } from '../../../lib/services/storage-quota.js';
import { PlainKeySpace } from '../catalogue/plain-key-space.js';
import { sampleBlob, sampleId, sampleImage } from '../mounts/sample-images.js';

/** Keeps what is logged as a warning. */
class WarningLog implements Logger {
  readonly warnings: string[] = [];

  debug(): void {
    // Not looked at.
  }

  info(): void {
    // Not looked at.
  }

  warn(_fields: object, message: string): void {
    this.warnings.push(message);
  }

  error(_fields: object, message: string): void {
    this.warnings.push(message);
  }
}

/** A clock that can be put forward. */
class ForwardClock extends Clock {
  ahead = 0;

  override now(): string {
    return timeAfter(super.now(), this.ahead);
  }
}

/** What use cases work with, in memory, with a store and a key space that can be made to fail. */
export class CrashParts {
  readonly space = new PlainKeySpace();
  readonly log = new WarningLog();
  readonly parts: Parts;
  readonly #store: BlobStore;
  readonly #clock = new ForwardClock();
  #failing = 0;

  /**
   * Makes it, ready.
   * @param leaseTime milliseconds
   * @param inner where the bytes are, opened already
   */
  static async make(leaseTime = 3_600_000, inner: BlobStore = memoryStore()): Promise<CrashParts> {
    const made = new CrashParts(leaseTime, inner);
    await made.parts.catalogue.open();
    made.space.resetCounts();
    return made;
  }

  private constructor(leaseTime: number, inner: BlobStore) {
    this.#store = inner;
    const store: BlobStore = {
      write: (key, data, options) => this.#store.write(key, data, options),
      read: (location, options) => this.#store.read(location, options),
      stat: (location) => this.#store.stat(location),
      remove: (location) => this.#unlessFailing(() => this.#store.remove(location)),
      discard: (key) => this.#unlessFailing(() => this.#store.discard(key)),
    };
    const space = new CatalogueSpace(this.space);
    const catalogue = new ImageCatalogue(space);
    const processes = new ProcessBook(space);
    const counting = { catalogue, what: 'It may have', limit: 0, recountInterval: leaseTime };
    this.parts = {
      catalogue,
      processes,
      heartbeat: new Heartbeat({ catalogue, processes, log: this.log, leaseTime }),
      stores: new BlobStores(
        { stores: { main: store }, defaultStore: 'main' },
        { deadline: 5000, log: this.log },
      ),
      threads: new DigestThreads({ limit: 0, log: this.log }),
      access: new AccessControl(),
      quota: new StorageQuota({ ...counting, usage: new UsageBook(space), bytesOf: storedBytes }),
      staging: {
        store: 'main',
        quota: new StorageQuota({ ...counting, usage: new UsageBook(space, 'staged'), bytesOf: stagedBytes }),
        keep: 86_400_000,
      },
      importMethods: IMPORT_METHODS,
      scans: new ScanGate(),
      sources: new HttpSource({ sizeCap: 1024 }),
      limits: {
        diskFormats: [],
        containerFormats: [],
        imagePropertyQuota: 128,
        imageTagQuota: 128,
        hashAlgorithm: 'sha512',
        imageSizeCap: 1024,
        imageMemberQuota: 128,
        imageLocationQuota: 10,
        imageCountQuota: 0,
        limitDefault: 25,
        limitMax: 1000,
      },
      shows: { locations: false, directUrl: false },
      hooks: {},
      clock: this.#clock,
      events: new RegistryEmitter(this.log),
      log: this.log,
      leaseTime,
      keepDeleted: Infinity,
      scrubDelay: null,
    };
  }

  /** Lets the next `times` removals fail. */
  failRemovals(times: number): void {
    this.#failing = times;
  }

  /** Lets so many milliseconds pass on the clock of records. */
  putForward(milliseconds: number): void {
    this.#clock.ahead += milliseconds;
  }

  /** Lets the commit number `nth` from now on fail, 1 being the next one. */
  failCommit(nth: number): void {
    let left = nth;
    this.space.before = (call) => {
      if (call === 'commit' && --left === 0) throw new RegistryError('unavailable', 'the key space is down');
    };
  }

  /**
   * An image that is being uploaded; the bytes are in the store already.
   * @param process id of the registry that uploads it; default: one that nobody knows
   * @returns the entry of the blob
   */
  async upload(
    n: number,
    image: Partial<Image> = {},
    process = sampleId(0xdead),
    changes: Partial<BlobEntry> = {},
  ): Promise<BlobEntry> {
    const key = `blob-${n}`;
    const writing = { id: key, store: 'main', key, location: null, state: 'writing', owner: null } as const;
    const blob = sampleBlob(n, { ...writing, process, ...changes });
    await this.parts.catalogue.create(
      sampleImage(n, { status: 'saving', size: null, blobs: [blob], ...image }),
    );
    await this.#store.write(key, Readable.from([Buffer.from('bytes')]));
    return blob;
  }

  /** Enters a registry that writes. @returns its id */
  async enter(identity: Partial<ProcessIdentity>, leaseTime = this.parts.leaseTime): Promise<string> {
    const id = crypto.randomUUID();
    await this.parts.processes.put({ ...(await processIdentity()), ...identity, id, leaseTime, counter: 0 });
    return id;
  }

  /** A registry whose process had this one's pid before it, and has ended. */
  dead(): Promise<string> {
    return this.enter({ start: '1' });
  }

  /** A registry of another host. */
  foreign(): Promise<string> {
    return this.enter({ boot: 'of another host' });
  }

  async image(n: number): Promise<Image | undefined> {
    return (await this.parts.catalogue.get(sampleId(n)))?.image;
  }

  /** Ids of the entries of all blobs that stand in the record of an image. */
  async entries(n: number): Promise<string[]> {
    return (await this.image(n))?.blobs.map(({ id }) => id) ?? [];
  }

  /** Keys of all blobs. */
  async blobs(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { location } of this.#store.list?.() ?? []) keys.push(location);
    return keys.sort();
  }

  async #unlessFailing(work: () => Promise<void>): Promise<void> {
    if (this.#failing > 0) {
      this.#failing -= 1;
      throw new RegistryError('unavailable', 'the store is down');
    }
    await work();
  }
}
