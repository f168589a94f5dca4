import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import Keyv from 'keyv';
import { keySpaceFor } from '../../../lib/catalogue/adapters/key-space-for.js';
import { CatalogueSpace } from '../../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../../lib/catalogue/image-catalogue.js';
import type { KeySpace } from '../../../lib/catalogue/key-space.js';
import { ProcessBook, type ProcessRecord } from '../../../lib/catalogue/process-book.js';
import type { Image } from '../../../lib/domain/image.js';
import { stateOfProcess } from '../../../lib/services/process-identity.js';
import { KeyvLmdb } from '../../../lib/index.js';
import { allImages } from '../catalogue/all-images.js';

/** Where the example keeps what in its data folder. */
export function dataFolderPaths(folder: string): { readonly metadata: string; readonly blobs: string } {
  return { metadata: path.join(folder, 'metadata'), blobs: path.join(folder, 'blobs') };
}

/** What the storage of a registry holds, read from outside while servers use it, are killed and started again. */
export class DataFolder {
  /** To be given to the servers. */
  readonly path: string;
  readonly space: KeySpace;
  readonly #keyv: Keyv;
  readonly #catalogue: ImageCatalogue;
  readonly #processes: ProcessBook;

  private constructor(folder: string, keyv: Keyv) {
    this.path = folder;
    this.#keyv = keyv;
    this.space = keySpaceFor(keyv);
    const space = new CatalogueSpace(this.space);
    this.#catalogue = new ImageCatalogue(space);
    this.#processes = new ProcessBook(space);
  }

  /**
   * Makes an empty folder.
   * @param elsewhere where the metadata is when it is not in the folder; it is disconnected at the end
   */
  static async make(elsewhere?: Keyv): Promise<DataFolder> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'data-folder-'));
    const store = new KeyvLmdb({ path: dataFolderPaths(folder).metadata });
    const made = new DataFolder(folder, elsewhere ?? new Keyv({ store, throwOnErrors: true }));
    await made.#catalogue.open();
    return made;
  }

  async remove(): Promise<void> {
    await this.#catalogue.close();
    await this.#keyv.disconnect();
    await rm(this.path, { recursive: true });
  }

  async image(id: string): Promise<Image | undefined> {
    return (await this.#catalogue.get(id))?.image;
  }

  /** All records, deleted ones too. */
  async images(): Promise<Image[]> {
    return allImages(this.#catalogue);
  }

  /** The registries that are entered as writing. */
  processes(): Promise<ProcessRecord[]> {
    return this.#processes.list();
  }

  /** Makes all registries that write look like those of another host: nobody here can know whether they live. */
  async moveWritersElsewhere(): Promise<void> {
    for (const record of await this.processes())
      await this.#processes.put({ ...record, boot: 'of another host' });
  }

  /** Locations of all blobs. */
  async blobs(): Promise<string[]> {
    return filesIn(path.join(dataFolderPaths(this.path).blobs, 'blobs'));
  }

  /** Names and sizes of the files that are being written. */
  async staged(): Promise<{ readonly name: string; readonly size: number }[]> {
    const folder = path.join(dataFolderPaths(this.path).blobs, 'staging');
    const files = await filesIn(folder);
    return Promise.all(
      files.map(async (name) => {
        // A file may have become a blob since.
        const found = await stat(path.join(folder, name)).catch(() => null);
        return { name, size: found?.size ?? 0 };
      }),
    );
  }

  /** The registries that are entered as writing, of processes that do not live. */
  async deadProcesses(): Promise<ProcessRecord[]> {
    const entered = await this.processes();
    const states = await Promise.all(entered.map(stateOfProcess));
    return entered.filter((_, index) => states[index] !== 'living');
  }

  /** Whether no upload is unfinished, no data is waiting for its removal, and the dead are forgotten. */
  async isSettled(): Promise<boolean> {
    if ((await this.deadProcesses()).length > 0) return false;
    const images = await this.images();
    return images.every(
      ({ status, blobs }) => status !== 'saving' && blobs.every(({ state }) => state === 'kept'),
    );
  }

  /** Index rows that no record has, and records that lack rows of theirs. */
  async wrongRows(): Promise<string[]> {
    const faults: string[] = [];
    for await (const { record, reason } of this.#catalogue.checkRows(1000))
      faults.push(`${record}: ${reason}`);
    return faults;
  }
}

/** Paths of all files below a folder; none when it is not there. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}
