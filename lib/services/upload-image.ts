import { noSuchImage } from '../domain/access.js';
import type { Caller } from '../domain/identity.js';
import { requireFormats } from '../domain/image-rules.js';
import type { Image } from '../domain/image.js';
import { RegistryError } from '../errors.js';
import { askBeforeUpload } from './before-upload.js';
import { bringData, type DataParts } from './bring-data.js';
import { claimData } from './claim.js';
import { actorOf } from './events.js';
import { checkRoom, checkStore, requireLive, requireReady, sizeOf } from './image-checks.js';
import {
  actionsOf,
  askSource,
  readSource,
  remoteOf,
  requireOneSource,
  sourcesIn,
  type ImageSource,
  type ReadSource,
} from './image-source.js';
import type { Judge } from './judge.js';

/** What is said of data besides where it comes from. */
export interface UploadOptions {
  /** Bytes that it must have. Default: those that the image was reserved with, if any. */
  readonly size?: number | undefined;
  /** Name of the store to put it into. Default: the one that the image was reserved with, else the default store. */
  readonly store?: string | undefined;
  /** What becomes of the image when the data does not come. Default: as the version of the API has it, `killed` for v1. */
  readonly onFailure?: 'killed' | 'queued' | undefined;
}

/** Brings the data of images that are there and queued. */
export class UploadImage {
  readonly #parts: DataParts;
  readonly #judge: Judge;

  constructor(parts: DataParts, judge: Judge) {
    this.#parts = parts;
    this.#judge = judge;
  }

  async run(
    caller: Caller,
    id: string,
    from: ImageSource,
    options: UploadOptions,
    signal: AbortSignal,
  ): Promise<Image> {
    const { catalogue } = this.#parts;
    const { findsVirtualSize } = this.#judge.dialect;
    const source = withFacts(readSource(from), { size: options.size, findsVirtualSize });
    checkStore(this.#parts, options.store);
    this.#judge.beforeChange(caller, actionsOf(source));
    const asked = await this.#asked(caller, id, source, signal);
    return bringData(this.#parts, id, source, { by: actorOf(caller), signal }, async (attempt) => {
      const changed = await catalogue.update(id, (current) => {
        const image = this.#judged(caller, current, source);
        const stored = { ...image, store: options.store ?? image.store };
        const claim = claimData(
          { ...stored, ...sizeOf(options.size, asked, image.size), updated_at: this.#parts.clock.now() },
          source,
          {
            given: options.size ?? image.size,
            asked,
            store: this.#parts.stores.elsewhere,
            onFailure: options.onFailure ?? this.#judge.dialect.onFailure,
            before: { size: image.size, store: image.store },
          },
          attempt,
        );
        if (claim.refusal !== null) throw claim.refusal;
        return claim.image;
      });
      if (changed === undefined) throw noSuchImage();
      return { image: changed.image, refusal: null };
    });
  }

  async #asked(caller: Caller, id: string, source: ReadSource, signal: AbortSignal): Promise<number | null> {
    const { catalogue, hooks } = this.#parts;
    if (remoteOf(source) === undefined && hooks.beforeUpload === undefined) return null;
    const image = this.#judged(caller, (await catalogue.get(id))?.image, source);
    const asked = await askSource(this.#parts, source, signal);
    if (source.copyFrom !== undefined) await checkRoom(this.#parts, image.owner, asked, source);
    const size = image.size ?? asked;
    await askBeforeUpload(hooks, { caller, image: { ...image, size }, source, signal });
    return asked;
  }

  /** The image, when the caller may bring this data to it. */
  #judged(caller: Caller, current: Image | undefined, source: ReadSource): Image {
    const { limits } = this.#parts;
    const image = this.#judge.owned(caller, current, actionsOf(source));
    requireLive(image);
    requireReady(image, source);
    requireOneSource(source);
    requireFormats(image);
    const length = source.data?.length ?? null;
    if (length !== null && length > limits.imageSizeCap)
      throw new RegistryError('too_large', `An image has at most ${limits.imageSizeCap} bytes.`);
    return image;
  }
}

/** @throws RegistryError `bad_request` when there is no data at all, or none of that size can be */
export function withFacts(
  source: ReadSource,
  { size, findsVirtualSize }: { readonly size: number | undefined; readonly findsVirtualSize: boolean },
): ReadSource {
  if (sourcesIn(source) === 0) throw new RegistryError('bad_request', 'There is no data to upload.');
  if (size !== undefined && (!Number.isSafeInteger(size) || size < 0))
    throw new RegistryError('bad_request', 'size must be a whole number of bytes, 0 or more.');
  if (source.data === null) return source;
  return { ...source, data: { ...source.data, findsVirtualSize, ...(size === undefined ? {} : { size }) } };
}
