import { Readable } from 'node:stream';
import { ImageCatalogue } from '../../../lib/catalogue/image-catalogue.js';
import { CatalogueSpace } from '../../../lib/catalogue/catalogue-space.js';
import { keptBlobs, newBlob } from '../../../lib/domain/blob-entries.js';
import type { Image } from '../../../lib/domain/image.js';
import {
  createImageRegistry,
  memoryStore,
  none,
  RegistryError,
  type BlobStore,
  type ImageRegistry,
  type ImageRegistryOptions,
  type ListedBlob,
} from '../../../lib/index.js';
import { RecordingLog } from '../recording-log.js';
import { PlainKeySpace } from '../catalogue/plain-key-space.js';

/** What a store may do instead of reading. */
export type Fault = 'down' | 'empty' | 'longer' | 'breaks at once' | 'breaks in the middle' | null;

/** Bytes of one chunk of a stream that breaks. */
const PIECE = 65_536;

/** A store in memory whose reads can be made to fail. */
export class FaultyStore {
  fault: Fault = null;
  readonly inner = memoryStore();
  readonly store: BlobStore = {
    write: (key, data, options) => this.inner.write(key, data, options),
    remove: (location) => this.inner.remove(location),
    discard: (key) => this.inner.discard(key),
    stat: async (location) => {
      const { size } = await this.#unlessGone(location);
      return { size: this.fault === 'longer' ? size + 1 : size };
    },
    list: () => this.#list(),
    read: async (location, options) => {
      await this.#unlessGone(location);
      const data = await this.inner.read(location, options);
      const { fault } = this;
      if (fault !== 'breaks at once' && fault !== 'breaks in the middle') return data;
      const { size } = await this.inner.stat(location);
      const breaking = async function* (): AsyncGenerator<Buffer> {
        let left = fault === 'breaks at once' ? 0 : size / 2;
        for await (const chunk of data as AsyncIterable<Buffer>)
          for (let at = 0; at < chunk.length; at += PIECE) {
            left -= PIECE;
            if (left < 0) throw new Error('the medium broke');
            yield chunk.subarray(at, at + PIECE);
          }
      };
      return Readable.from(breaking(), { objectMode: false });
    },
  };

  /** Keys of what it holds. */
  async keys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.#list()) keys.push(key);
    return keys;
  }

  async *#list(): AsyncGenerator<ListedBlob> {
    yield* this.inner.list?.() ?? [];
  }

  async #unlessGone(location: string): Promise<{ size: number }> {
    if (this.fault === 'down') throw new RegistryError('unavailable', 'the store is down');
    if (this.fault === 'empty') throw new RegistryError('blob_not_found', 'no such blob');
    return this.inner.stat(location);
  }
}

/** A registry with the stores fast and slow, in which tests put images into both. */
export class StoredCopies {
  readonly fast = new FaultyStore();
  readonly slow = new FaultyStore();
  readonly log = new RecordingLog();
  readonly catalogue: ImageCatalogue;
  readonly registry: ImageRegistry;
  readonly #space = new PlainKeySpace();

  constructor(options: Partial<ImageRegistryOptions> = {}) {
    this.catalogue = new ImageCatalogue(new CatalogueSpace(this.#space));
    this.registry = this.another(options);
  }

  /** Another registry on the same metadata and stores. */
  another(options: Partial<ImageRegistryOptions>): ImageRegistry {
    return createImageRegistry({
      authenticate: none(),
      metadata: this.#space,
      blobs: { stores: { fast: this.fast.store, slow: this.slow.store }, defaultStore: 'fast' },
      sweepInterval: 0,
      logger: this.log,
      ...options,
    });
  }

  async image(id: string): Promise<Image> {
    const found = await this.catalogue.get(id);
    if (found === undefined) throw new Error(`no image ${id}`);
    return found.image;
  }

  /** Puts the data of an image into the other store, too. */
  async copy(id: string): Promise<void> {
    const [from] = keptBlobs(await this.image(id));
    if (from === undefined) throw new Error('there is nothing to copy');
    const [source, target] = from.store === 'fast' ? [this.fast, this.slow] : [this.slow, this.fast];
    const { owner, reserved } = from;
    const entry = newBlob({
      store: from.store === 'fast' ? 'slow' : 'fast',
      purpose: 'copy',
      process: null,
      onFailure: 'none',
      owner,
      reserved,
    });
    const { location } = await target.inner.write(entry.key, await source.inner.read(from.location));
    await this.catalogue.update(id, (image) => ({
      ...image,
      blobs: [...image.blobs, { ...entry, state: 'kept', location }],
    }));
  }
}
