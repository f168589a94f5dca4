import type { Readable } from 'node:stream';
import type { Versioned } from '../catalogue/image-catalogue.js';
import { noSuchImage, requireOwner, requireWriter, visibleTo } from '../domain/access.js';
import type { Caller } from '../domain/identity.js';
import { isDeleted, type Image } from '../domain/image.js';
import { changedImage, newImage } from '../domain/image-rules.js';
import type { ImageMetadata } from '../domain/metadata.js';
import type { ImageQuery } from '../domain/query.js';
import { RegistryError } from '../errors.js';
import { publicImage } from './events.js';
import type { Parts } from './parts.js';
import { removeScrubbed } from './scrub.js';
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
    return visibleTo(caller, (await this.#parts.catalogue.get(id))?.image);
  }

  /** Lists images; the query's scopes say who may see what. */
  async list(query: ImageQuery, signal?: AbortSignal): Promise<Image[]> {
    return this.#parts.catalogue.list(query, signal);
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
    this.#checkRequest(caller, metadata, data);
    const { limits, clock, catalogue, events } = this.#parts;
    const image = newImage(metadata.id ?? crypto.randomUUID(), metadata, caller, limits, clock.now());
    const created = await catalogue.create(image);
    if (created === undefined) throw new RegistryError('conflict', `The id ${image.id} is in use.`);
    events.emit('image.create', publicImage(image));
    if (data === null) return image;
    if (image.status !== 'queued') throw dataRefused(image);
    return this.#transfer.upload(image, data, signal);
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
    const { limits, clock, events } = this.#parts;
    const updated = await this.#change(caller, id, (image) => {
      if (isDeleted(image)) throw new RegistryError('forbidden', 'A deleted image cannot be changed.');
      this.#checkRequest(caller, metadata, data);
      if (data !== null && image.status !== 'queued') throw dataRefused(image);
      return changedImage(image, metadata, caller, limits, clock.now(), purge);
    });
    events.emit('image.update', publicImage(updated.image));
    return data === null ? updated.image : this.#transfer.upload(updated.image, data, signal);
  }

  /**
   * Deletes an image and its data. The record of the deletion is durable first; data that cannot be removed now is left to the
   * janitor.
   * @throws RegistryError `unauthorized`, `forbidden`, `not_found`
   */
  async remove(caller: Caller, id: string): Promise<void> {
    const { clock, events } = this.#parts;
    const deleted = await this.#change(caller, id, (image) => {
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
    requireReadable(image);
    return this.#transfer.download(image, range, signal);
  }

  /** Tells listeners that data was sent. */
  sent(image: Image, bytes: number): void {
    this.#parts.events.emit('image.send', publicImage(image), { bytes });
  }

  /** One compare-and-set on an image that the caller owns. */
  async #change(caller: Caller, id: string, change: (image: Image) => Image): Promise<Versioned> {
    requireWriter(caller);
    const changed = await this.#parts.catalogue.update(id, (current) => {
      const image = visibleTo(caller, current);
      requireOwner(caller, image);
      return change(image);
    });
    if (changed === undefined) throw noSuchImage();
    return changed;
  }

  /** What can be refused before anything is written. */
  #checkRequest(caller: Caller, metadata: ImageMetadata, data: ImageData | null): void {
    const { limits, stores } = this.#parts;
    if (metadata.is_public === true && !caller.admin)
      throw new RegistryError('forbidden', 'Only an admin may make an image public.');
    if (metadata.store !== undefined && !stores.has(metadata.store))
      throw new RegistryError('bad_request', 'There is no such store.');
    if (data?.length != null && data.length > limits.imageSizeCap)
      throw new RegistryError('bad_request', `An image may have ${limits.imageSizeCap} bytes.`);
  }
}

/**
 * Refuses to send data that is not there or not to be used.
 * @throws RegistryError `not_found` when the image is not active, `forbidden` when it is deactivated
 */
export function requireReadable(image: Image): void {
  if (image.status === 'deactivated') throw new RegistryError('forbidden', 'This image is deactivated.');
  if (image.status !== 'active') throw new RegistryError('not_found', 'This image has no data.');
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
