import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, readdir, rename, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { RegistryError } from '../../errors.js';
import { processWarnings, type Logger } from '../../logger.js';
import {
  blobSpan,
  type BlobStore,
  type ListedBlob,
  checkBlobKey,
  checkMark,
  isBlobKey,
  type ReadOptions,
  type Stray,
  type WriteOptions,
  type WrittenBlob,
} from '../blob-store.js';
import { consume, endOnAbort } from '../consume.js';
import { onDisk, unless } from './disk-error.js';
import {
  createFile,
  fillFile,
  makeFolder,
  openFile,
  removeFile,
  syncFolder,
  WRITE_SIZE,
} from './disk-files.js';
import { DiskMark } from './disk-mark.js';
import { EarlySync } from './early-sync.js';
import { FileReader } from './file-reader.js';

export interface DiskStoreOptions {
  /**
   * Folder of this store alone; made by the first use when it is not there (mode 0700), but not when a registry knows it to be there:
   * then it is missing. Staging, blobs and the mark are on one file system, which has hard links.
   */
  readonly path: string;
  /** Told of staged files that could not be removed. Default: `process.emitWarning`. */
  readonly logger?: Logger;
}

/**
 * Blobs as files: written to `staging/`, synced, then renamed to `blobs/ab/<key>`, where `ab` begins a
 * digest of the key. What has been written survives a crash of the machine. Several processes may share the folder.
 *
 * A missing file is `blob_not_found` only while the store's own folders are there, and the file `registry-mark` with the mark that the
 * store was given: an unmounted or exchanged disk is `unavailable`.
 * @throws TypeError without a path
 */
export function diskStore(options: DiskStoreOptions): BlobStore {
  if (typeof options.path !== 'string' || options.path === '')
    throw new TypeError('diskStore: path must be a folder');
  return new DiskStore(resolve(options.path), options.logger ?? processWarnings);
}

class DiskStore implements BlobStore {
  readonly type = 'file';
  readonly #root: string;
  readonly #staging: string;
  readonly #blobs: string;
  readonly #mark: DiskMark;
  readonly #logger: Logger;
  readonly #early = new EarlySync();
  /** Folders of blobs that are there and stay there. */
  readonly #folders = new Set<string>();
  /** Whether the next use may make the folders of the store. */
  #mayMake = false;

  constructor(root: string, logger: Logger) {
    this.#root = root;
    this.#staging = join(root, 'staging');
    this.#blobs = join(root, 'blobs');
    this.#mark = new DiskMark(root, this.#staging);
    this.#logger = logger;
  }

  async open(): Promise<void> {
    const found = await onDisk('find the folders of the store', unless('ENOENT', stat(this.#staging)));
    this.#mayMake = found === null;
  }

  async mark(wanted: string | null): Promise<string | null> {
    if (wanted !== null) checkMark(wanted);
    // From here on a registry decides whether there may be a new store.
    this.#mayMake = false;
    const stands = await this.#mark.read();
    if (wanted === null || stands !== null) return stands;
    await this.#makeFolders();
    return this.#mark.put(wanted);
  }

  /** A store that nobody marks is made by its first use, not by `open`: there its disk may only be away. */
  async #makeOnce(): Promise<void> {
    if (!this.#mayMake) return;
    await this.#makeFolders();
    this.#mayMake = false;
  }

  async #makeFolders(): Promise<void> {
    for (const folder of [this.#staging, this.#blobs]) {
      await onDisk('make the folders of the store', mkdir(folder, { recursive: true, mode: 0o700 }));
    }
  }

  write(key: string, data: Readable, { size, signal }: WriteOptions = {}): Promise<WrittenBlob> {
    return consume(data, signal, async () => {
      checkBlobKey(key);
      await this.#checkPresence();
      const location = place(key);
      // What is written at once finds out by itself.
      if (size !== undefined && size > WRITE_SIZE) await this.#checkRoom(size);
      const target = join(this.#blobs, location);
      const taken = await onDisk('look for a file', unless('ENOENT', stat(target)));
      if (taken !== null) throw new RegistryError('key_taken', `disk store: the key ${key} is taken`);
      const staged = join(this.#staging, key);
      const file = await createFile(staged);
      const written = await this.#cleaningUp(staged, () => fillFile(file, data, this.#early));
      await this.#cleaningUp(staged, async () => {
        await this.#makeFolder(dirname(target));
        signal?.throwIfAborted();
        await onDisk('rename a file', rename(staged, target));
      });
      await this.#cleaningUp(target, async () => {
        await syncFolder(dirname(target));
        // Was all of that on the disk that it was meant for?
        await this.#checkPresence();
        signal?.throwIfAborted();
      });
      return { location, size: written };
    });
  }

  /** Makes a folder of blobs unless it is there, and makes that last: another process may have made it and not have synced it yet. */
  async #makeFolder(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    // Not with the folders above it: that would make a store in place of a disk that is away.
    await makeFolder(folder);
    await syncFolder(this.#blobs);
    this.#folders.add(folder);
  }

  async read(location: string, options: ReadOptions = {}): Promise<Readable> {
    options.signal?.throwIfAborted();
    const { file, size } = await this.#find(location);
    try {
      const stream = new FileReader(file, blobSpan(size, options));
      return endOnAbort(stream, options.signal);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async stat(location: string): Promise<{ size: number }> {
    const { file, size } = await this.#find(location);
    await onDisk('close a file', file.close());
    return { size };
  }

  /** Below the folder `blobs`. */
  fileOf(location: string): string | null {
    return isPlace(location) ? location : null;
  }

  async remove(location: string): Promise<void> {
    const path = this.#pathOf(location);
    if (await removeFile(path)) await syncFolder(dirname(path));
    else await this.#checkPresence();
  }

  async discard(key: string): Promise<void> {
    checkBlobKey(key);
    await removeFile(join(this.#staging, key));
    await this.remove(place(key));
  }

  async *list(): AsyncGenerator<ListedBlob> {
    for await (const { name: location, kind } of this.#entries()) {
      const found = kind === 'file' && isPlace(location) ? await openFile(join(this.#blobs, location)) : null;
      if (found === null) continue;
      await onDisk('close a file', found.file.close());
      yield { key: location.slice(3), location, size: found.size };
    }
  }

  async *strays(): AsyncGenerator<Stray> {
    for await (const entry of this.#entries()) if (entry.kind !== 'file' || !isPlace(entry.name)) yield entry;
  }

  /** All that lies among the blobs, but the folders that they are in. */
  async *#entries(): AsyncGenerator<Stray> {
    await this.#checkPresence();
    for (const entry of await this.#entriesOf('')) {
      if (entry.kind !== 'folder' || !/^[0-9a-f]{2}$/.test(entry.name)) yield entry;
      else yield* await this.#entriesOf(`${entry.name}/`);
    }
  }

  /** @param folder '' for the whole, else with a slash at its end */
  async #entriesOf(folder: string): Promise<Stray[]> {
    const path = join(this.#blobs, folder);
    const entries = await onDisk('list blobs', readdir(path, { withFileTypes: true }));
    return entries.map((entry) => ({ name: `${folder}${entry.name}`, kind: kindOf(entry) }));
  }

  async #find(location: string): Promise<NonNullable<Awaited<ReturnType<typeof openFile>>>> {
    const found = await openFile(this.#pathOf(location));
    if (found !== null) return found;
    await this.#checkPresence();
    throw new RegistryError('blob_not_found', `disk store: no blob ${location}`);
  }

  #pathOf(location: string): string {
    if (!isPlace(location))
      throw new RegistryError('blob_not_found', 'disk store: no location of this store');
    return join(this.#blobs, location);
  }

  /** Tells a missing file from a missing disk. */
  async #checkPresence(): Promise<void> {
    await this.#makeOnce();
    if (this.#mark.isKnown) await this.#mark.check();
    else await onDisk('find the folders of the store', stat(this.#staging));
  }

  async #checkRoom(size: number): Promise<void> {
    const { bavail, blocks, bsize } = await onDisk('ask for free space', statfs(this.#root));
    // Some network file systems do not know their size.
    if (blocks > 0 && bavail * bsize < size) {
      throw new RegistryError('store_full', `disk store: no room for ${size} bytes`);
    }
  }

  async #cleaningUp<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // Folders may be missing where they were before.
      this.#folders.clear();
      await removeFile(path).catch((failure: unknown) =>
        this.#logger.warn({ err: failure }, 'disk store: a file is left over after a failed write'),
      );
      throw error;
    }
  }
}

function place(key: string): string {
  return `${createHash('sha256').update(key).digest('hex').slice(0, 2)}/${key}`;
}

function kindOf(entry: Dirent): Stray['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

function isPlace(location: string): boolean {
  const key = location.slice(3);
  return isBlobKey(key) && place(key) === location;
}
