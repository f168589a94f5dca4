import type { DialectName } from '../domain/dialect.js';
import { DIALECTS } from '../domain/dialect.js';
import type { Caller } from '../domain/identity.js';
import { tasksOf } from '../domain/image-tasks.js';
import type { ImportRequest, ImportTask } from '../domain/import-task.js';
import type { ListRequest } from '../domain/list-request.js';
import type { ImageMetadata } from '../domain/metadata.js';
import type { PublicImage } from '../domain/image.js';
import type { DataParts } from './bring-data.js';
import { CreateImage } from './create-image.js';
import { DownloadImage, type Download, type DownloadOptions } from './download-image.js';
import { actorOf } from './events.js';
import { dropData, expectFailure, type ImageSource } from './image-source.js';
import { ImportImage } from './import-image.js';
import { Judge } from './judge.js';
import { ListImages, type Page, type PageStream } from './list-images.js';
import { removeCopy } from './remove-copy.js';
import { StageImage, type StageOptions } from './stage-image.js';
import { removeImage } from './remove-image.js';
import { switchImage } from './switch-image.js';
import { UpdateImage, type ImageChange } from './update-image.js';
import { UploadImage, type UploadOptions } from './upload-image.js';

/** Resolves when a registry can be used. */
export type Ready = () => Promise<void>;

/** What ends a use case before its time. */
export interface WithSignal {
  /** Default: nothing does. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The use cases on images: every way in, whatever version of the API or the host app's own code, ends here. Each waits until the registry is ready; it
 * may throw RegistryError `unavailable` when metadata or blob stores cannot be reached or the registry is closed, and the signal's reason when it is aborted.
 */
export class Images {
  readonly #parts: DataParts;
  readonly #ready: Ready;
  readonly #judge: Judge;
  readonly #create: CreateImage;
  readonly #update: UpdateImage;
  readonly #upload: UploadImage;
  readonly #stage: StageImage;
  readonly #import: ImportImage;
  readonly #list: ListImages;
  readonly #download: DownloadImage;

  /**
   * @param dialect the version of the API whose answers are given
   * @param ready each call waits for it
   */
  constructor(parts: DataParts, dialect: DialectName, ready: Ready) {
    this.#parts = parts;
    this.#ready = ready;
    this.#judge = new Judge(parts, DIALECTS[dialect]);
    this.#create = new CreateImage(parts, this.#judge);
    this.#update = new UpdateImage(parts, this.#judge);
    this.#upload = new UploadImage(parts, this.#judge);
    this.#stage = new StageImage(parts, this.#judge);
    this.#import = new ImportImage(parts, this.#judge);
    this.#list = new ListImages(parts, this.#judge);
    this.#download = new DownloadImage(parts, this.#judge);
  }

  /** The same use cases with the answers of another version of the API. */
  speaking(dialect: DialectName): Images {
    return new Images(this.#parts, dialect, this.#ready);
  }

  /**
   * Reads an image.
   * @throws RegistryError `not_found` when there is none that the caller may know of, `forbidden`
   */
  async show(caller: Caller, id: string): Promise<PublicImage> {
    await this.#ready();
    this.#judge.beforeLookup(caller, ['get_image']);
    const image = (await this.#parts.catalogue.get(id))?.image;
    return this.#judge.shown(caller, this.#judge.allowed(caller, image, 'get_image'));
  }

  /**
   * Lists the images that the caller gets to see, a page at a time.
   * @param request default: the first page of all of them, the newest first
   * @throws RegistryError `bad_request`, `forbidden`
   */
  async page(caller: Caller, request: ListRequest = {}, { signal }: WithSignal = {}): Promise<Page> {
    await this.#ready();
    return this.#list.page(caller, request, signal);
  }

  /**
   * The same while it is read: for pages that are too large to be held as a whole.
   * @throws RegistryError as `page`
   */
  async stream(caller: Caller, request: ListRequest = {}, { signal }: WithSignal = {}): Promise<PageStream> {
    await this.#ready();
    return this.#list.stream(caller, request, signal);
  }

  /**
   * A text that stays the same as long as nothing that such a page shows can have changed, whoever changes it; undefined when only reading the page tells.
   * @throws RegistryError as `page`
   */
  async stampOf(caller: Caller, request: ListRequest = {}): Promise<string | undefined> {
    await this.#ready();
    return this.#list.stampOf(caller, request);
  }

  /**
   * Goes through all pages of a listing; `limit` is the number of images that one read takes. What changes its place meanwhile may be
   * missed, or met twice.
   * @throws RegistryError as `page`
   */
  async *all(
    caller: Caller,
    request: ListRequest = {},
    { signal }: WithSignal = {},
  ): AsyncIterable<PublicImage> {
    await this.#ready();
    yield* this.#list.all(caller, request, signal);
  }

  /**
   * Refuses callers who may not make or change an image at all, before anything that they send is read.
   * @param id null: a new image
   * @throws RegistryError `unauthorized`, `forbidden`, `not_found`
   */
  async admit(caller: Caller, id: string | null): Promise<void> {
    await this.#ready();
    const { access, catalogue } = this.#parts;
    this.#judge.beforeChange(caller, id === null ? [] : ['modify_image']);
    if (id === null) access.require('add_image', caller, null);
    else this.#judge.owned(caller, (await catalogue.get(id))?.image, ['modify_image']);
  }

  /**
   * Makes a new image, and brings its data when there is some: then it is `active` when this resolves, or, with `copyFrom`, in the background.
   * @throws RegistryError `bad_request`, `unauthorized`, `forbidden`, `not_found` when a source elsewhere is not there,
   *   `conflict` when the id is or was in use, `too_large`, `deleted_meanwhile`
   */
  async create(
    caller: Caller,
    metadata: ImageMetadata = {},
    { signal = never(), ...source }: ImageSource & WithSignal = {},
  ): Promise<PublicImage> {
    const image = await this.#bringing(source, () => this.#create.run(caller, metadata, source, signal));
    return this.#judge.shown(caller, image);
  }

  /**
   * Brings the data of a queued image.
   * @throws RegistryError `bad_request`, `unauthorized`, `forbidden`, `not_found`, `conflict` when it is not queued, `too_large`,
   *   `deleted_meanwhile`
   */
  async upload(
    caller: Caller,
    id: string,
    source: ImageSource,
    { signal = never(), ...options }: UploadOptions & WithSignal = {},
  ): Promise<PublicImage> {
    const image = await this.#bringing(source, () => this.#upload.run(caller, id, source, options, signal));
    return this.#judge.shown(caller, image);
  }

  /**
   * Takes bytes for a queued image that are to be imported later; until then they are no data.
   * @throws RegistryError as `upload`
   */
  async stage(
    caller: Caller,
    id: string,
    source: Pick<ImageSource, 'data'>,
    { signal = never(), ...options }: StageOptions & WithSignal = {},
  ): Promise<PublicImage> {
    const image = await this.#bringing(source, () => this.#stage.run(caller, id, source, options, signal));
    return this.#judge.shown(caller, image);
  }

  /**
   * Imports data in the background: staged bytes, data from elsewhere, or copies of the image's data in further stores. What becomes of it shows in the
   * image and its tasks.
   * @throws RegistryError `bad_request`, `unauthorized`, `forbidden`, `not_found`, `conflict`, `too_large`
   */
  async import(
    caller: Caller,
    id: string,
    request: ImportRequest,
    { signal = never() }: WithSignal = {},
  ): Promise<PublicImage> {
    await this.#ready();
    return this.#judge.shown(caller, await this.#import.run(caller, id, request, signal));
  }

  /**
   * The imports of an image that the caller's project has asked for, for admins all of them; the newest last.
   * @throws RegistryError `not_found`, `forbidden`
   */
  async tasks(caller: Caller, id: string): Promise<readonly ImportTask[]> {
    await this.#ready();
    this.#judge.beforeLookup(caller, ['get_image']);
    const image = this.#judge.allowed(caller, (await this.#parts.catalogue.get(id))?.image, 'get_image');
    const tasks = tasksOf(image, this.#parts.clock.now());
    return caller.admin ? tasks : tasks.filter(({ owner }) => owner === caller.project);
  }

  /**
   * Changes an image's metadata, and brings its data when there is some.
   * @param changes one change or several, which are made in their order, all or none
   * @throws RegistryError `bad_request`, `unauthorized`, `forbidden`, `not_found`, `conflict`, `too_large`, `deleted_meanwhile`
   */
  async update(
    caller: Caller,
    id: string,
    changes: ImageChange | readonly ImageChange[],
    { signal = never(), ...source }: ImageSource & WithSignal = {},
  ): Promise<PublicImage> {
    const list = Array.isArray(changes) ? (changes as readonly ImageChange[]) : [changes as ImageChange];
    const image = await this.#bringing(source, () => this.#update.run(caller, id, list, source, signal));
    return this.#judge.shown(caller, image);
  }

  /**
   * Deletes an image and its data.
   * @throws RegistryError `unauthorized`, `forbidden`, when it is protected, too, `not_found`
   */
  async remove(caller: Caller, id: string): Promise<void> {
    await this.#ready();
    return removeImage(this.#parts, this.#judge, caller, id);
  }

  /**
   * Takes away the data that an active image has in one of several stores.
   * @param store its name
   * @throws RegistryError `conflict` when there is no such store, the image is not active, or its data is being copied, `unauthorized`,
   *   `forbidden` for the only copy, too, `not_found` when it is not in that store, too
   */
  async removeCopy(caller: Caller, id: string, store: string): Promise<PublicImage> {
    await this.#ready();
    return this.#judge.shown(caller, await removeCopy(this.#parts, this.#judge, caller, { id, store }));
  }

  /**
   * Keeps the data of an image from being sent; its metadata stays readable.
   * @throws RegistryError `unauthorized`, `forbidden`, when it is neither active nor deactivated, too, `not_found`
   */
  async deactivate(caller: Caller, id: string): Promise<PublicImage> {
    await this.#ready();
    const image = await switchImage(this.#parts, this.#judge, caller, id, 'deactivate');
    return this.#judge.shown(caller, image);
  }

  /**
   * Lets the data of a deactivated image be sent again.
   * @throws RegistryError as `deactivate`
   */
  async reactivate(caller: Caller, id: string): Promise<PublicImage> {
    await this.#ready();
    const image = await switchImage(this.#parts, this.#judge, caller, id, 'reactivate');
    return this.#judge.shown(caller, image);
  }

  /**
   * Opens the data of an image.
   * @throws RegistryError `not_found`, `no_data` when it is not there yet, `forbidden`, when it is deactivated, too,
   *   `range_not_satisfiable`, `blob_damaged`
   */
  async download(caller: Caller, id: string, options: DownloadOptions = {}): Promise<Download> {
    await this.#ready();
    return this.#download.run(caller, id, options);
  }

  /** Tells listeners that data of an image has reached whoever wanted it. */
  sent(caller: Caller, image: PublicImage, bytes: number): void {
    this.#parts.events.tell('image.send', image, { by: actorOf(caller), bytes });
  }

  /** Whatever is refused, a stream that the caller has handed over is not left open. */
  async #bringing<T>(source: ImageSource, work: () => Promise<T>): Promise<T> {
    expectFailure(source);
    try {
      await this.#ready();
      return await work();
    } catch (error) {
      dropData(source);
      throw error;
    }
  }
}

function never(): AbortSignal {
  return new AbortController().signal;
}
