import type { Readable } from 'node:stream';
import type { Versioned } from '../catalogue/image-catalogue.js';
import { noSuchImage, requireOwner, requireWriter, visibleTo } from '../domain/access.js';
import { doomed, keptBlobs, storedBytes, withBlobsOfOwner } from '../domain/blob-entries.js';
import type { Caller } from '../domain/identity.js';
import { type Image, type ImageStatus } from '../domain/image.js';
import { changedImage, newImage } from '../domain/image-rules.js';
import type { ImageMetadata } from '../domain/metadata.js';
import type { Action } from '../domain/policy/actions.js';
import type { ImageQuery } from '../domain/query.js';
import { timeAfter } from '../domain/times.js';
import { RegistryError } from '../errors.js';
import type { Attempt } from './attempt.js';
import { claimData, type Claim } from './claim.js';
import type { Copies } from './copies.js';
import { removeDoomed } from './doomed-blobs.js';
import { publicImage } from './events.js';
import { checkPermissions, checkQuotas, checkRequest, checkUpdate, sizeOf } from './image-checks.js';
import { askSource, remoteOf, type ImageSource } from './image-source.js';
import type { Parts } from './parts.js';
import type { Transfer } from './transfer.js';

/** The use cases on images: every way in, whatever version of the API, ends here. */
export class Images {
  readonly #parts: Parts;
  readonly #transfer: Transfer;
  readonly #copies: Copies;

  constructor(parts: Parts, transfer: Transfer, copies: Copies) {
    this.#parts = parts;
    this.#transfer = transfer;
    this.#copies = copies;
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
   * Makes a new image, and brings its data when there is some.
   * @throws RegistryError `bad_request`, `unauthorized`, `forbidden`, `not_found` when a source elsewhere is not there,
   *   `conflict` when the id is or was in use, `too_large`
   */
  async create(
    caller: Caller,
    metadata: ImageMetadata,
    source: ImageSource,
    signal: AbortSignal,
  ): Promise<Image> {
    requireWriter(caller);
    const { access, limits, clock, catalogue, events } = this.#parts;
    access.require('add_image', caller, null);
    checkRequest(this.#parts, metadata, source);
    const named = metadata.properties ?? new Map<string, string | null>();
    const properties = access.changed(caller, {}, named, true);
    const id = metadata.id ?? crypto.randomUUID();
    const isRemote = remoteOf(source) !== undefined;
    const wanted = newImage(id, metadata, caller, limits, clock.now(), properties, isRemote);
    checkPermissions(this.#parts, caller, wanted, metadata, source);
    // Last of all checks: nobody is connected to for a request that is refused anyway.
    const asked = await askSource(this.#parts, caller, null, source, signal);
    const image = { ...wanted, ...sizeOf(metadata, asked, null) };
    await checkQuotas(this.#parts, image, source.data?.length ?? asked ?? image.size, source);
    const sizes = { given: metadata.size ?? null, asked };
    const brought = await this.#bring(image.id, source, signal, async (attempt) => {
      const claim = claimData(image, source, sizes, attempt);
      const created = await catalogue.create(claim.image);
      if (created === undefined) throw new RegistryError('conflict', `The id ${image.id} is in use.`);
      events.tell('image.create', publicImage(claim.image));
      return claim;
    });
    return access.shown(caller, brought);
  }

  /**
   * Changes an image's metadata, and brings its data when there is some.
   * @param purge whether properties that are not named go
   * @throws RegistryError `bad_request`, `unauthorized`, `forbidden`, `not_found`, `conflict`, `too_large`
   */
  async update(
    caller: Caller,
    id: string,
    metadata: ImageMetadata,
    source: ImageSource,
    purge: boolean,
    signal: AbortSignal,
  ): Promise<Image> {
    const { access, limits, clock, events } = this.#parts;
    const asked = await this.#askFor(caller, id, metadata, source, signal);
    const brought = await this.#bring(id, source, signal, async (attempt) => {
      const outcome: { before?: Image; refusal: RegistryError | null } = { refusal: null };
      const { image } = await this.#change(caller, id, 'modify_image', (current) => {
        checkUpdate(this.#parts, caller, current, metadata, source);
        const named = metadata.properties ?? new Map<string, string | null>();
        const properties = access.changed(caller, current.properties, named, purge);
        outcome.before = current;
        const sized = { ...metadata, ...sizeOf(metadata, asked, current.size) };
        const next = changedImage(current, sized, caller, limits, clock.now(), properties);
        const sizes = { given: metadata.size ?? current.size, asked };
        const claim = claimData(withBlobsOfOwner(next), source, sizes, attempt);
        outcome.refusal = claim.refusal;
        return claim.image;
      });
      if (outcome.before !== undefined) await this.#moveUsage(outcome.before, image);
      events.tell('image.update', publicImage(image));
      return { image, refusal: outcome.refusal };
    });
    return access.shown(caller, brought);
  }

  /**
   * Deletes an image and its data. The record of the deletion is durable first; data that cannot be removed now is left to the
   * janitor.
   * @throws RegistryError `unauthorized`, `forbidden`, `not_found`
   */
  async remove(caller: Caller, id: string): Promise<void> {
    const { clock, events, scrubDelay } = this.#parts;
    const deleted = await this.#change(caller, id, 'delete_image', (image) => {
      if (image.status === 'deleted') throw noSuchImage();
      if (image.status === 'pending_delete')
        throw new RegistryError('forbidden', 'This image is about to be deleted.');
      if (image.protected) throw new RegistryError('forbidden', 'A protected image cannot be deleted.');
      return deletedImage(image, clock.now(), scrubDelay);
    });
    this.#transfer.abort(id);
    events.tell('image.delete', publicImage(deleted.image));
    if (deleted.image.status === 'deleted') await removeDoomed(this.#parts, deleted.image);
  }

  /**
   * Keeps the data of an image from being sent; its metadata stays readable.
   * @throws RegistryError `unauthorized`, `forbidden` by policy (admins may) or when it is neither active nor deactivated, `not_found`
   */
  async deactivate(caller: Caller, id: string): Promise<Image> {
    return this.#switch(caller, id, 'deactivate', 'active', 'deactivated');
  }

  /**
   * Lets the data of a deactivated image be sent again.
   * @throws RegistryError as `deactivate`
   */
  async reactivate(caller: Caller, id: string): Promise<Image> {
    return this.#switch(caller, id, 'reactivate', 'deactivated', 'active');
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
    this.#parts.events.tell('image.send', publicImage(image), { bytes });
  }

  async #switch(
    caller: Caller,
    id: string,
    action: 'deactivate' | 'reactivate',
    from: ImageStatus,
    to: ImageStatus,
  ): Promise<Image> {
    const { access, catalogue, clock, events } = this.#parts;
    requireWriter(caller);
    const outcome = { touched: false };
    const changed = await catalogue.update(id, (current) => {
      const image = visibleTo(caller, current);
      access.require(action, caller, image);
      outcome.touched = image.status === from;
      if (image.status !== from && image.status !== to)
        throw new RegistryError('forbidden', `An image that is ${image.status} cannot be made ${to}.`);
      return outcome.touched ? { ...image, status: to, updated_at: clock.now() } : null;
    });
    if (changed === undefined) throw noSuchImage();
    if (outcome.touched) events.tell('image.update', publicImage(changed.image));
    return access.shown(caller, changed.image);
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

  /**
   * Makes or changes an image, and brings its data.
   * @param write makes the change, with the claim of the attempt that brings the data; null when none is uploaded or copied
   */
  async #bring(
    id: string,
    source: ImageSource,
    signal: AbortSignal,
    write: (attempt: Attempt | null) => Promise<Claim>,
  ): Promise<Image> {
    const { data, location, copyFrom } = source;
    if (data == null && copyFrom === undefined) {
      const { image, refusal } = await write(null);
      if (refusal !== null) throw refusal;
      if (location !== undefined) this.#parts.events.tell('image.activate', publicImage(image));
      return image;
    }
    const attempt = await this.#transfer.begin();
    const { image, refusal } = await attempt.enter(id, () => write(attempt));
    if (refusal !== null) {
      attempt.abandon();
      throw refusal;
    }
    if (data != null) return this.#transfer.upload(attempt, image, data, signal);
    if (copyFrom !== undefined) this.#copies.start(attempt, image, copyFrom);
    return image;
  }

  /** Asks for the size of a source elsewhere, on behalf of those who may bring it to this image and nobody else. */
  async #askFor(
    caller: Caller,
    id: string,
    metadata: ImageMetadata,
    source: ImageSource,
    signal: AbortSignal,
  ): Promise<number | null> {
    if (remoteOf(source) === undefined) return null;
    requireWriter(caller);
    const image = visibleTo(caller, (await this.#parts.catalogue.get(id))?.image);
    requireOwner(caller, image);
    this.#parts.access.require('modify_image', caller, image);
    checkUpdate(this.#parts, caller, image, metadata, source);
    const asked = await askSource(this.#parts, caller, image, source, signal);
    if (source.copyFrom !== undefined) await this.#parts.quota.check(image.owner, asked ?? 1);
    return asked;
  }

  /** An admin may have given the image to another project. */
  async #moveUsage(before: Image, after: Image): Promise<void> {
    if (before.owner === after.owner) return;
    await this.#parts.quota.release(before.owner, storedBytes(before));
    await this.#parts.quota.release(after.owner, -storedBytes(after));
  }
}

/** A deleted image keeps its fields, but for properties and members; its blobs wait to be removed. */
function deletedImage(image: Image, now: string, scrubDelay: number | null): Image {
  const delayed = scrubDelay !== null && keptBlobs(image).length > 0;
  const due = timeAfter(now, scrubDelay ?? 0);
  return {
    ...image,
    status: delayed ? 'pending_delete' : 'deleted',
    properties: {},
    members: [],
    locations: [],
    blobs: image.blobs.map((blob) => doomed(blob, due)),
    updated_at: now,
    deleted_at: now,
  };
}
