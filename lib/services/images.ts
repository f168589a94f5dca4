import type { Readable } from 'node:stream';
import type { Versioned } from '../catalogue/image-catalogue.js';
import { noSuchImage, requireOwner, requireWriter, visibleTo } from '../domain/access.js';
import type { Caller } from '../domain/identity.js';
import { isDeleted, type Image } from '../domain/image.js';
import { changedImage, newImage } from '../domain/image-rules.js';
import type { ImageMetadata } from '../domain/metadata.js';
import type { Action } from '../domain/policy/actions.js';
import type { ImageQuery } from '../domain/query.js';
import { RegistryError } from '../errors.js';
import { publicImage } from './events.js';
import type { Parts } from './parts.js';
import { removeScrubbed } from './scrub.js';
import { storedBytes, type StorageQuota } from './storage-quota.js';
import type { ImageData, Transfer } from './transfer.js';

/** The use cases on images: every way in, whatever version of the API, ends here. */
export class Images {
  readonly #parts: Parts;
  readonly #transfer: Transfer;

  constructor(parts: Parts, transfer: Transfer) {
    this.#parts = parts;
    this.#transfer = transfer;
  }

  /**
   * Reads an image.
   * @throws RegistryError `not_found` when there is none that the caller may know of
   */
  async show(caller: Caller, id: string): Promise<Image> {
    const { access, catalogue } = this.#parts;
    const image = visibleTo(caller, (await catalogue.get(id))?.image);
    access.require('get_image', caller, image);
    return access.shown(caller, image);
  }

  /**
   * Reads an image whose data is wanted.
   * @throws RegistryError `not_found` when there is no data, too; `forbidden` when it is deactivated
   */
  async showForDownload(caller: Caller, id: string): Promise<Image> {
    const { access, catalogue } = this.#parts;
    const image = visibleTo(caller, (await catalogue.get(id))?.image);
    access.require('get_image', caller, image);
    if (image.status === 'deactivated') throw new RegistryError('forbidden', 'This image is deactivated.');
    if (image.status !== 'active') throw new RegistryError('not_found', 'This image has no data.');
    access.require('download_image', caller, image);
    return access.shown(caller, image);
  }

  /**
   * Lists images; the query's scopes say who may see what.
   * @throws RegistryError `forbidden`
   */
  async list(caller: Caller, query: ImageQuery, signal?: AbortSignal): Promise<Image[]> {
    const { access, catalogue } = this.#parts;
    access.require('get_images', caller, null);
    return (await catalogue.list(query, signal)).map((image) => access.shown(caller, image));
  }

  /** Whether the caller may read properties of that key; what he may not read, no filter may reveal. */
  canReadProperty(caller: Caller, key: string): boolean {
    return this.#parts.access.canRead(caller, key);
  }

  /**
   * Makes a new image, and stores its data when there is some.
   * @throws RegistryError `bad_request`, `unauthorized`, `forbidden`, `conflict` when the id is or was in use, `too_large`
   */
  async create(
    caller: Caller,
    metadata: ImageMetadata,
    data: ImageData | null,
    signal: AbortSignal,
  ): Promise<Image> {
    requireWriter(caller);
    const { access, limits, clock, catalogue, events, quota } = this.#parts;
    access.require('add_image', caller, null);
    this.#checkRequest(metadata, data);
    const properties = access.changed(
      caller,
      {},
      metadata.properties ?? new Map<string, string | null>(),
      true,
    );
    const id = metadata.id ?? crypto.randomUUID();
    const image = newImage(id, metadata, caller, limits, clock.now(), properties);
    this.#checkChange(caller, image, metadata, data);
    await this.#checkQuotas(image, data, quota);
    const created = await catalogue.create(image);
    if (created === undefined) throw new RegistryError('conflict', `The id ${image.id} is in use.`);
    events.emit('image.create', publicImage(image));
    if (data === null) return access.shown(caller, image);
    if (image.status !== 'queued') throw dataRefused(image);
    return access.shown(caller, await this.#transfer.upload(image, data, signal));
  }

  /**
   * Changes an image's metadata, and stores its data when there is some.
   * @param purge whether properties that are not named go
   * @throws RegistryError `bad_request`, `unauthorized`, `forbidden`, `not_found`, `conflict`, `too_large`
   */
  async update(
    caller: Caller,
    id: string,
    metadata: ImageMetadata,
    data: ImageData | null,
    purge: boolean,
    signal: AbortSignal,
  ): Promise<Image> {
    const { access, limits, clock, events, quota } = this.#parts;
    let before: Image | undefined;
    const { image } = await this.#change(caller, id, 'modify_image', (current) => {
      if (isDeleted(current)) throw new RegistryError('forbidden', 'A deleted image cannot be changed.');
      this.#checkRequest(metadata, data);
      if (data !== null && current.status !== 'queued') throw dataRefused(current);
      this.#checkChange(caller, current, metadata, data);
      const named = metadata.properties ?? new Map<string, string | null>();
      const properties = access.changed(caller, current.properties, named, purge);
      before = current;
      return changedImage(current, metadata, caller, limits, clock.now(), properties);
    });
    if (before !== undefined && before.owner !== image.owner) await this.#moveUsage(quota, before, image);
    events.emit('image.update', publicImage(image));
    return access.shown(caller, data === null ? image : await this.#transfer.upload(image, data, signal));
  }

  /**
   * Deletes an image and its data. The record of the deletion is durable first; data that cannot be removed now is left to the
   * janitor.
   * @throws RegistryError `unauthorized`, `forbidden`, `not_found`
   */
  async remove(caller: Caller, id: string): Promise<void> {
    const { clock, events } = this.#parts;
    const deleted = await this.#change(caller, id, 'delete_image', (image) => {
      if (image.status === 'deleted') throw noSuchImage();
      if (image.status === 'pending_delete')
        throw new RegistryError('forbidden', 'This image is about to be deleted.');
      if (image.protected) throw new RegistryError('forbidden', 'A protected image cannot be deleted.');
      return deletedImage(image, clock.now());
    });
    this.#transfer.abort(id);
    events.emit('image.delete', publicImage(deleted.image));
    await removeScrubbed(this.#parts, deleted.image);
  }

  /**
   * Opens the data of an image.
   * @param range bytes to read, both ends inclusive; null: all
   * @returns null when what is stored does not have the size of the image
   * @throws RegistryError `not_found` when there is no data, `forbidden` for a deactivated image
   */
  async open(
    image: Image,
    range: { readonly start: number; readonly end: number } | null,
    signal: AbortSignal,
  ): Promise<Readable | null> {
    return this.#transfer.download(image, range, signal);
  }

  /** Tells listeners that data was sent. */
  sent(image: Image, bytes: number): void {
    this.#parts.events.emit('image.send', publicImage(image), { bytes });
  }

  /** One compare-and-set on an image that the caller owns. */
  async #change(
    caller: Caller,
    id: string,
    action: Action,
    change: (image: Image) => Image,
  ): Promise<Versioned> {
    requireWriter(caller);
    const changed = await this.#parts.catalogue.update(id, (current) => {
      const image = visibleTo(caller, current);
      requireOwner(caller, image);
      this.#parts.access.require(action, caller, image);
      return change(image);
    });
    if (changed === undefined) throw noSuchImage();
    return changed;
  }

  /** What can be refused before anything is read or written. */
  #checkRequest(metadata: ImageMetadata, data: ImageData | null): void {
    const { limits, stores } = this.#parts;
    if (metadata.store !== undefined && !stores.has(metadata.store))
      throw new RegistryError('bad_request', 'There is no such store.');
    if (data?.length != null && data.length > limits.imageSizeCap)
      throw new RegistryError('bad_request', `An image may have ${limits.imageSizeCap} bytes.`);
  }

  #checkChange(caller: Caller, image: Image, metadata: ImageMetadata, data: ImageData | null): void {
    const { access } = this.#parts;
    if (metadata.is_public === true) access.require('publicize_image', caller, image);
    if (data !== null) access.require('upload_image', caller, image);
  }

  /** A new image that its project has no room for leaves no record. */
  async #checkQuotas(image: Image, data: ImageData | null, quota: StorageQuota): Promise<void> {
    const { catalogue, limits } = this.#parts;
    if (image.owner === null) return;
    if (limits.imageCountQuota > 0) {
      const count = await catalogue.countOwned(image.owner, limits.imageCountQuota);
      if (count >= limits.imageCountQuota)
        throw new RegistryError('too_large', `A project may have ${limits.imageCountQuota} images.`);
    }
    if (data !== null) await quota.check(image.owner, data.length ?? 1);
  }

  /** An admin has given the image to another project. */
  async #moveUsage(quota: StorageQuota, before: Image, after: Image): Promise<void> {
    await quota.release(before.owner, storedBytes(before));
    await quota.release(after.owner, -storedBytes(after));
  }
}

function dataRefused(image: Image): RegistryError {
  return new RegistryError('conflict', `Data goes to a queued image, this one is ${image.status}.`);
}

/** A deleted image keeps its fields, but for properties and members; its blobs wait to be removed. */
function deletedImage(image: Image, now: string): Image {
  const blobs = image.locations.flatMap((location) =>
    'store' in location ? [{ store: location.store, key: location.key }] : [],
  );
  return {
    ...image,
    status: 'deleted',
    properties: {},
    members: [],
    locations: [],
    attempt: null,
    scrub: [...image.scrub, ...blobs],
    updated_at: now,
    deleted_at: now,
  };
}
