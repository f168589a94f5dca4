import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { keySpaceFor } from '../../../lib/catalogue/adapters/key-space-for.js';
import { CatalogueSpace } from '../../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../../lib/catalogue/image-catalogue.js';
import { ProcessBook, type ProcessRecord } from '../../../lib/catalogue/process-book.js';
import { areaOf, CATALOGUE_KEY, stateOf } from '../../../lib/catalogue/row-set.js';
import { imageKey } from '../../../lib/catalogue/rows.js';
import type { Image } from '../../../lib/domain/image.js';
import type {
  BlobStore,
  ImageRegistry,
  ImageRegistryOptions,
  KeySpace,
  Logger,
  NamedStores,
} from '../../../lib/index.js';
import { createImageRegistry, diskStore, KeyvLmdb, memoryStore, none } from '../../../lib/index.js';
import { stateOfProcess } from '../../../lib/services/process-identity.js';
import { allImages } from '../catalogue/all-images.js';
import type { Logged } from '../mounts/host.js';

export type Medium =
  | 'memory'
  | 'LMDB and disk'
  /** Metadata in a namespace, by default one of the folder's name, and data on disk. */
  | { readonly redis: string; readonly namespace?: string };

export interface LifeStores {
  /** Whether there is a second store. Default false. */
  readonly withArchive?: boolean | undefined;
}

/** What several registries, as those of several processes, share; and what a test changes behind their backs. */
export class LifeStorage {
  readonly blobs: BlobStore;
  /** The second store, which registries and records call `archive`; the first one is `file` then, too. */
  readonly archive: BlobStore | undefined;
  /** The catalogue's, opened. */
  readonly space: KeySpace;
  /** Of all registries. */
  readonly logged: Logged[] = [];
  /** Where it is, for `at` in another process. */
  readonly folder: string;
  readonly medium: Medium;
  readonly #keyv: Keyv;
  readonly #shared: boolean;
  readonly #registries: ImageRegistry[] = [];
  readonly #catalogue: ImageCatalogue;
  readonly #processes: ProcessBook;

  private constructor(keyv: Keyv, folder: string, medium: Medium, { withArchive = false }: LifeStores) {
    this.#keyv = keyv;
    this.folder = folder;
    this.medium = medium;
    this.#shared = medium !== 'memory';
    this.space = keySpaceFor(keyv);
    const records = new CatalogueSpace(this.space);
    this.#catalogue = new ImageCatalogue(records);
    this.#processes = new ProcessBook(records);
    this.blobs = this.#storeIn('blobs');
    this.archive = withArchive ? this.#storeIn('archive') : undefined;
  }

  static async make(medium: Medium, stores: LifeStores = {}): Promise<LifeStorage> {
    return LifeStorage.at(await mkdtemp(path.join(os.tmpdir(), 'life-')), medium, stores);
  }

  /** Opens what another process has made, or is to share. */
  static async at(folder: string, medium: Medium, stores: LifeStores = {}): Promise<LifeStorage> {
    const storage = LifeStorage.in(folder, medium, stores);
    await new CatalogueSpace(storage.space).open();
    return storage;
  }

  /** The same, which nobody has opened, for the first registry on it. */
  static in(folder: string, medium: Medium, stores: LifeStores = {}): LifeStorage {
    return new LifeStorage(new Keyv(keyvOptions(medium, folder)), folder, medium, stores);
  }

  /** Makes a registry on it, ready. */
  async open(options: Partial<ImageRegistryOptions> = {}): Promise<ImageRegistry> {
    const registry = createImageRegistry({
      authenticate: none(),
      // Only what stores hold in common may be opened twice.
      metadata: this.#shared ? keySpaceFor(this.#keyv) : this.space,
      blobs: this.named(),
      sweepInterval: 0,
      logger: this.#logger(),
      ...options,
    });
    this.#registries.push(registry);
    await registry.ready();
    return registry;
  }

  /** The stores as registries get them. @param wrap what is put around each */
  named(wrap: (store: BlobStore) => BlobStore = (store) => store): BlobStore | NamedStores {
    const file = wrap(this.blobs);
    if (this.archive === undefined) return file;
    return { stores: { file, archive: wrap(this.archive) }, defaultStore: 'file' };
  }

  /** Closes all registries and removes everything. */
  async end(): Promise<void> {
    for (const registry of this.#registries) await registry.close();
    if (this.#shared) await this.space.close();
    await this.#keyv.disconnect();
    await rm(this.folder, { recursive: true });
  }

  /** The record of an image, with what the registry shows to nobody. */
  async record(id: string): Promise<Image> {
    const image = await this.image(id);
    if (image === undefined) throw new Error(`there is no image ${id}`);
    return image;
  }

  /** The same; undefined when there is none. */
  async image(id: string): Promise<Image | undefined> {
    return (await this.#catalogue.get(id))?.image;
  }

  /** All records, deleted ones too. */
  images(): Promise<Image[]> {
    return allImages(this.#catalogue);
  }

  /** The registries that are entered as writing. */
  processes(): Promise<ProcessRecord[]> {
    return this.#processes.list();
  }

  /** Those of processes that do not live. */
  async deadProcesses(): Promise<ProcessRecord[]> {
    const entered = await this.processes();
    const states = await Promise.all(entered.map(stateOfProcess));
    return entered.filter((_, index) => states[index] !== 'living');
  }

  /** Makes all registries that write look like those of another host: nobody here can know whether they live. */
  async moveWritersElsewhere(): Promise<void> {
    for (const record of await this.processes())
      await this.#processes.put({ ...record, boot: 'of another host' });
  }

  /** Whether no upload is unfinished, no data is waiting for its removal, and the dead are forgotten. */
  async isSettled(): Promise<boolean> {
    if ((await this.deadProcesses()).length > 0) return false;
    const images = await this.images();
    return images.every(
      ({ status, blobs }) => status !== 'saving' && blobs.every(({ state }) => state === 'kept'),
    );
  }

  /** Names of all blobs; those of the second store begin with `archive/`. */
  async stored(): Promise<string[]> {
    const found: string[] = [];
    for await (const { location } of this.blobs.list?.() ?? []) found.push(location);
    for await (const { location } of this.archive?.list?.() ?? []) found.push(`archive/${location}`);
    return found.sort();
  }

  /** Names and sizes of the files that are being written, on disk. */
  async staged(): Promise<{ readonly name: string; readonly size: number }[]> {
    if (this.medium === 'memory') return [];
    const folders = this.archive === undefined ? ['blobs'] : ['blobs', 'archive'];
    const found = await Promise.all(
      folders.map(async (store) => {
        const folder = path.join(this.folder, store, 'staging');
        // Before the first registry there is none; a file may have become a blob since.
        const names = await readdir(folder).catch(() => []);
        return Promise.all(
          names.map(async (name) => ({
            name,
            size: (await stat(path.join(folder, name)).catch(() => null))?.size ?? 0,
          })),
        );
      }),
    );
    return found.flat();
  }

  /** Index rows that no record has, and records that lack rows of theirs. */
  async wrongRows(): Promise<string[]> {
    const faults: string[] = [];
    for await (const { record, reason } of this.#catalogue.checkRows(1000))
      faults.push(`${record}: ${reason}`);
    return faults;
  }

  /** Puts other data in the place of a blob. */
  async replaceBlob(location: string, data: Buffer): Promise<void> {
    await this.blobs.remove(location);
    await this.blobs.write(path.basename(location), Readable.from([data]));
  }

  /** Adds and removes rows of an image, whose record stays as it is. */
  async changeRows(id: string, addRows: readonly string[], removeRows: readonly string[]): Promise<void> {
    const [record, catalogue] = await this.space.get([imageKey(id), CATALOGUE_KEY]);
    const area = areaOf(stateOf(catalogue?.value ?? {}).rows);
    const inArea = (rows: readonly string[]): string[] => rows.map((row) => area + row);
    const change = { key: imageKey(id), expected: record?.revision ?? 0, value: record?.value ?? null };
    const rows = { addRows: inArea(addRows), removeRows: inArea(removeRows) };
    if (!(await this.space.commit({ ...change, ...rows }))) throw new Error('not changed');
  }

  #storeIn(name: string): BlobStore {
    return this.medium === 'memory' ? memoryStore() : diskStore({ path: path.join(this.folder, name) });
  }

  #logger(): Logger {
    const at =
      (level: keyof Logger) =>
      (fields: object, message: string): void =>
        void this.logged.push({ level, fields, message });
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }
}

function keyvOptions(medium: Medium, folder: string): ConstructorParameters<typeof Keyv>[0] {
  if (medium === 'memory') return { throwOnErrors: true };
  if (medium === 'LMDB and disk')
    return { store: new KeyvLmdb({ path: path.join(folder, 'metadata') }), throwOnErrors: true };
  const store = new KeyvRedis(medium.redis, { throwOnErrors: true, throwOnConnectError: true });
  return { store, namespace: medium.namespace ?? path.basename(folder), throwOnErrors: true };
}
