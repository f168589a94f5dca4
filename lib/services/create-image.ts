import type { Caller } from '../domain/identity.js';
import { newImage, requireOwnFields } from '../domain/image-rules.js';
import type { Image } from '../domain/image.js';
import type { ImageMetadata } from '../domain/metadata.js';
import { requireInLimits, requireQuotas, requireRecordSize } from '../domain/metadata-limits.js';
import { publicImage } from '../domain/public-image.js';
import { readMetadata } from '../domain/read-metadata.js';
import { RegistryError } from '../errors.js';
import { bringData, type DataParts } from './bring-data.js';
import { claimData } from './claim.js';
import { actorOf } from './events.js';
import { askHook } from './hooks.js';
import { actionsFor, checkImageCount, checkLength, checkRoom, checkStore, sizeOf } from './image-checks.js';
import {
  actionsOf,
  askSource,
  readSource,
  sourcesIn,
  type ImageSource,
  type ReadSource,
} from './image-source.js';
import type { Judge } from './judge.js';
import { askBeforeUpload } from './before-upload.js';

/** Makes new images, and brings their data when there is some. */
export class CreateImage {
  readonly #parts: DataParts;
  readonly #judge: Judge;

  constructor(parts: DataParts, judge: Judge) {
    this.#parts = parts;
    this.#judge = judge;
  }

  /** What is refused is refused in the order of the API. */
  async run(caller: Caller, given: ImageMetadata, from: ImageSource, signal: AbortSignal): Promise<Image> {
    const { limits, catalogue, events, stores } = this.#parts;
    const metadata = readMetadata(given, limits);
    const source = readSource(from);
    checkStore(this.#parts, metadata.store);
    checkLength(this.#parts, source);
    const wanted = this.#judged(caller, metadata, source);
    await checkImageCount(this.#parts, wanted.owner);
    requireInLimits(metadata, limits);
    requireQuotas(null, wanted, limits);
    requireRecordSize(null, wanted);
    const { image, asked } = await this.#asked(caller, wanted, metadata, source, signal);
    const by = actorOf(caller);
    const size = metadata.size ?? null;
    const before = { size, store: image.store };
    const options = {
      given: size,
      asked,
      onFailure: this.#judge.dialect.onFailure,
      before,
      store: stores.elsewhere,
    };
    return bringData(this.#parts, image.id, source, { by, signal }, async (attempt) => {
      const claim = claimData(image, source, options, attempt);
      const created = await catalogue.create(claim.image);
      if (created === undefined) throw new RegistryError('conflict', `The id ${image.id} is in use.`);
      events.tell('image.create', publicImage(claim.image), { by });
      return claim;
    });
  }

  /** The record, when the caller may make such an image. */
  #judged(caller: Caller, metadata: ImageMetadata, source: ReadSource): Image {
    const { clock } = this.#parts;
    const { access } = this.#judge;
    this.#judge.beforeChange(caller, []);
    access.require('add_image', caller, null);
    requireOwnFields(caller, metadata, true);
    const image = newImage({
      id: metadata.id ?? crypto.randomUUID(),
      metadata,
      caller,
      properties: this.#judge.changedProperties(caller, {}, metadata),
      hasSource: sourcesIn(source) > 0,
      now: clock.now(),
    });
    const actions = [...actionsFor(metadata), ...actionsOf(source)];
    // An image that needs no bytes is uploaded with its record.
    if (image.status === 'active') actions.push('upload_image');
    for (const action of actions) access.require(action, caller, image);
    return image;
  }

  /** Last of all: nobody is connected to for a request that is refused anyway. */
  async #asked(
    caller: Caller,
    wanted: Image,
    metadata: ImageMetadata,
    source: ReadSource,
    signal: AbortSignal,
  ): Promise<{ image: Image; asked: number | null }> {
    const { hooks } = this.#parts;
    await askHook(hooks.beforeCreate, { caller, image: publicImage(wanted), signal });
    const asked = await askSource(this.#parts, source, signal);
    const image = { ...wanted, ...sizeOf(metadata.size, asked, null) };
    await checkRoom(this.#parts, image.owner, asked ?? image.size, source);
    await askBeforeUpload(hooks, { caller, image, source, signal });
    return { image, asked };
  }
}
