import { noSuchImage } from '../domain/access.js';
import { blobOf, keptBlobs, stagedBytes, storedBytes, withBlobsOfOwner } from '../domain/blob-entries.js';
import type { Caller } from '../domain/identity.js';
import { changedImage, requireFormatsFree, requireOwnFields } from '../domain/image-rules.js';
import type { Image, PublicImage } from '../domain/image.js';
import { withLocationChange } from '../domain/location-changes.js';
import type { ImageChanges } from '../domain/metadata.js';
import { requireInLimits, requireQuotas, requireRecordSize } from '../domain/metadata-limits.js';
import type { Action } from '../domain/policy/actions.js';
import { publicImage } from '../domain/public-image.js';
import { readChanges } from '../domain/read-metadata.js';
import type { RegistryError } from '../errors.js';
import { Addresses } from './addresses.js';
import { askBeforeUpload } from './before-upload.js';
import { bringData, type DataParts } from './bring-data.js';
import { claimData, type Claim } from './claim.js';
import type { Attempt } from './attempt.js';
import { removeDoomed } from './doomed-blobs.js';
import { actorOf } from './events.js';
import { askHook } from './hooks.js';
import {
  actionsFor,
  checkLength,
  checkRoom,
  checkStore,
  requireLive,
  requireReady,
  requireRemovable,
  sizeOf,
} from './image-checks.js';
import {
  actionsOf,
  askSource,
  readSource,
  remoteOf,
  sourcesIn,
  type ImageSource,
  type ReadSource,
} from './image-source.js';
import type { Judge } from './judge.js';

/**
 * A change: attributes with their new values, or a function that tells them from the image as the caller sees it, with the changes before
 * it. The function must not do anything else, because it is called anew when the image has changed meanwhile; it returns null to change
 * nothing, and what it throws refuses the whole.
 */
export type ImageChange = ImageChanges | ((image: PublicImage) => ImageChanges | null);

/** Changes of metadata as a whole: with the data that may come along. */
interface Request {
  readonly caller: Caller;
  readonly changes: readonly ImageChange[];
  readonly source: ReadSource;
  /** Those that changes of locations name. */
  readonly addresses: Addresses;
}

/** Changes images, and brings their data when there is some. */
export class UpdateImage {
  readonly #parts: DataParts;
  readonly #judge: Judge;

  constructor(parts: DataParts, judge: Judge) {
    this.#parts = parts;
    this.#judge = judge;
  }

  /** What is refused is refused in the order of the API. */
  async run(
    caller: Caller,
    id: string,
    given: readonly ImageChange[],
    from: ImageSource,
    signal: AbortSignal,
  ): Promise<Image> {
    const request = this.#read(caller, given, readSource(from));
    const { source } = request;
    const asked = await this.#asked(id, request, signal);
    const by = actorOf(caller);
    return bringData(this.#parts, id, source, { by, signal }, async (attempt) => {
      for (;;) {
        const written = await this.#write(id, request, asked, attempt);
        if (written !== null) return written;
        await this.#askAddresses(id, request, signal);
      }
    });
  }

  /** What can be refused before the image is looked up. */
  #read(caller: Caller, given: readonly ImageChange[], source: ReadSource): Request {
    const { limits, sources } = this.#parts;
    const changes = given.map((change) =>
      typeof change === 'function' ? change : readChanges(change, limits),
    );
    const plain = changes.filter((change) => typeof change === 'object');
    checkLength(this.#parts, source);
    for (const { store } of plain) checkStore(this.#parts, store);
    this.#judge.beforeChange(caller, this.#actions(source, plain));
    for (const change of plain) requireInLimits(change, limits);
    return { caller, changes, source, addresses: new Addresses(sources, limits.imageLocationQuota) };
  }

  /** The answer shows the image, so that must be allowed, too. */
  #actions(source: ReadSource, plain: readonly ImageChanges[] = []): readonly Action[] {
    return ['modify_image', ...plain.flatMap(actionsFor), ...actionsOf(source), 'get_image'];
  }

  /**
   * Asks those who are not asked within the commit: a source elsewhere for its size, on behalf of callers who may bring it to this image
   * and nobody else, and the host app.
   */
  async #asked(id: string, request: Request, signal: AbortSignal): Promise<number | null> {
    const { catalogue, hooks } = this.#parts;
    const { caller, source } = request;
    if (sourcesIn(source) === 0) return null;
    if (remoteOf(source) === undefined && hooks.beforeUpload === undefined) return null;
    const { image, size } = this.#judged((await catalogue.get(id))?.image, request);
    const asked = await askSource(this.#parts, source, signal);
    if (source.copyFrom !== undefined) await checkRoom(this.#parts, image.owner, asked, source);
    const sized = { ...image, ...sizeOf(size, asked, image.size) };
    await askBeforeUpload(hooks, { caller, image: sized, source, signal });
    return asked;
  }

  /** Asks addresses for their sizes, and the host app, on behalf of a caller who may add them to this image. */
  async #askAddresses(id: string, { caller, addresses }: Request, signal: AbortSignal): Promise<void> {
    const { catalogue, hooks } = this.#parts;
    const sizes = await addresses.ask(signal);
    const image = (await catalogue.get(id))?.image;
    if (image === undefined) throw noSuchImage();
    for (const size of sizes)
      await askHook(hooks.beforeUpload, {
        caller,
        image: publicImage(image),
        signal,
        from: 'location',
        size,
      });
  }

  /** @returns null when something must be asked of addresses first; nothing is written then */
  async #write(
    id: string,
    request: Request,
    asked: number | null,
    attempt: Attempt | null,
  ): Promise<Claim | null> {
    const { catalogue, events } = this.#parts;
    const { source, caller, addresses } = request;
    const outcome: { before?: Image; refusal: RegistryError | null } = { refusal: null };
    const changed = await catalogue.update(id, (current) => {
      const { image, size, touched } = this.#judged(current, request);
      if (!touched || addresses.someUnknown) return null;
      const next = { ...image, ...sizeOf(size, asked, current.size) };
      const { onFailure } = this.#judge.dialect;
      const { elsewhere: store } = this.#parts.stores;
      const before = { size: image.size, store: image.store };
      const options = { given: size ?? current.size, asked, onFailure, before, store };
      const claim = claimData(withBlobsOfOwner(next), source, options, attempt);
      outcome.before = current;
      outcome.refusal = claim.refusal;
      return claim.image;
    });
    if (changed === undefined) throw noSuchImage();
    if (addresses.someUnknown) return null;
    const { image } = changed;
    if (outcome.before !== undefined) {
      await this.#moveUsage(outcome.before, image);
      const by = actorOf(caller);
      events.tell('image.update', publicImage(image), { by });
      if (wasLocated(outcome.before, image, source))
        events.tell('image.activate', publicImage(image), { by });
      if (hasLost(outcome.before, image)) await removeDoomed(this.#parts, image);
    }
    return { image, refusal: outcome.refusal };
  }

  /** The record after the changes, when the caller may make them. */
  #judged(
    current: Image | undefined,
    { caller, changes, source, addresses }: Request,
  ): { image: Image; size: number | undefined; touched: boolean } {
    const { limits, clock } = this.#parts;
    const before = this.#judge.owned(caller, current, this.#actions(source));
    requireLive(before);
    addresses.forgetUnknown();
    let image: Image = { ...before, updated_at: clock.now() };
    let touched = sourcesIn(source) > 0;
    let size: number | undefined;
    for (const change of changes) {
      const wanted = typeof change === 'function' ? this.#told(change, caller, image) : change;
      if (wanted === null) continue;
      image = this.#changed(caller, image, wanted, addresses);
      size = wanted.size ?? size;
      touched = true;
    }
    requireQuotas(before, image, limits);
    requireRecordSize(before, image);
    requireReady(before, source);
    return { image, size, touched };
  }

  #told(
    change: (image: PublicImage) => ImageChanges | null,
    caller: Caller,
    image: Image,
  ): ImageChanges | null {
    const { limits } = this.#parts;
    const told = change(this.#judge.shown(caller, image));
    if (told === null) return null;
    const wanted = readChanges(told, limits);
    checkStore(this.#parts, wanted.store);
    requireInLimits(wanted, limits);
    return wanted;
  }

  #changed(caller: Caller, image: Image, wanted: ImageChanges, addresses: Addresses): Image {
    for (const action of actionsFor(wanted)) this.#judge.access.require(action, caller, image);
    requireOwnFields(caller, wanted, false);
    if (this.#judge.dialect.formatsStay) requireFormatsFree(image, wanted);
    const properties = this.#judge.changedProperties(caller, image.properties, wanted);
    const changed = changedImage(image, wanted, caller, properties);
    if (wanted.changeLocations === undefined) return changed;
    const { stores, limits, clock } = this.#parts;
    return withLocationChange(changed, wanted.changeLocations, {
      check: (url) => addresses.check(url),
      sizeAt: (url) => addresses.sizeAt(url),
      requireRemovable: (place) => requireRemovable(this.#parts, place),
      store: stores.elsewhere,
      quota: limits.imageLocationQuota,
      hashAlgorithm: limits.hashAlgorithm,
      now: clock.now(),
    });
  }

  /** An admin may have given the image to another project. */
  async #moveUsage(before: Image, after: Image): Promise<void> {
    const { quota, staging } = this.#parts;
    if (before.owner === after.owner) return;
    await quota.release(before.owner, storedBytes(before));
    await quota.release(after.owner, -storedBytes(after));
    await staging.quota.release(before.owner, stagedBytes(before));
    await staging.quota.release(after.owner, -stagedBytes(after));
  }
}

/** Whether an image has got its data by saying where it lies. */
function wasLocated(before: Image, after: Image, source: ReadSource): boolean {
  return sourcesIn(source) === 0 && before.status === 'queued' && after.status === 'active';
}

/** Whether data of the image is to be removed now. */
function hasLost(before: Image, after: Image): boolean {
  return keptBlobs(before).some(({ id }) => blobOf(after, id)?.state === 'doomed');
}
