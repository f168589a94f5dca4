import { Readable } from 'node:stream';
import Keyv from 'keyv';
import { CatalogueSpace } from '../../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../../lib/catalogue/image-catalogue.js';
import { keySpaceFor } from '../../../lib/catalogue/adapters/key-space-for.js';
import { ProcessBook } from '../../../lib/catalogue/process-book.js';
import { UsageBook } from '../../../lib/catalogue/usage-book.js';
import type { Image } from '../../../lib/domain/image.js';
import { memoryStore, type BlobStore, type ImageRegistryOptions } from '../../../lib/index.js';
import { CALLERS, everyCaller, type CallerName } from './callers.js';
import { DATA, imageOfKind, type ImageKind } from './images.js';
import { Host } from '../mounts/host.js';
import type { ImagesClient } from '../clients/images-client.js';
import { MOUNTS, type Mount } from '../mounts/serve.js';

/** A host whose catalogue and blob store a test can write to, for images that no request of v1 makes. */
export class AccessHost extends Host {
  readonly catalogue: ImageCatalogue;
  readonly processes: ProcessBook;
  readonly usage: UsageBook;
  readonly #store: BlobStore;

  /** @param metadata where the catalogue lies. Default: in memory */
  constructor(
    mount: Mount = MOUNTS[0],
    options: Partial<ImageRegistryOptions> = {},
    metadata = new Keyv({ throwOnErrors: true }),
  ) {
    const space = keySpaceFor(metadata);
    const store = memoryStore();
    const fixed = { metadata: space, blobs: store, authenticate: everyCaller(), sweepInterval: 0 };
    super(mount, 'memory', { ...fixed, ...options });
    this.catalogue = new ImageCatalogue(new CatalogueSpace(space));
    this.processes = new ProcessBook(new CatalogueSpace(space));
    this.usage = new UsageBook(new CatalogueSpace(space));
    this.#store = store;
  }

  /** The API as one kind of caller. */
  as(caller: CallerName): ImagesClient {
    return this.client(CALLERS[caller]);
  }

  /** Puts a new image of that kind into the catalogue, with its data. */
  async add(kind: ImageKind, changes: Partial<Image> = {}): Promise<Image> {
    const blob = crypto.randomUUID();
    const image = imageOfKind(kind, blob, changes);
    if (image.blobs.length > 0) await this.#store.write(blob, Readable.from([Buffer.from(DATA)]));
    await this.catalogue.create(image);
    return image;
  }

  /** Bytes that a project's images have by the registry's own count, and bytes kept free for its uploads. */
  async used(project: string): Promise<[stored: number, pending: number]> {
    const { bytes, pending } = (await this.usage.get(project)) ?? { bytes: 0, pending: {} };
    return [bytes, Object.values(pending).reduce((sum, room) => sum + room.bytes, 0)];
  }

  /** An image as it stands in the catalogue, whoever may see it. */
  async record(id: string): Promise<Image> {
    const found = await this.catalogue.get(id);
    if (found === undefined) throw new Error(`there is no image ${id}`);
    return found.image;
  }

  override async stored(): Promise<string[]> {
    const found: string[] = [];
    for await (const { location } of this.#store.list?.() ?? []) found.push(location);
    return found.sort();
  }
}
