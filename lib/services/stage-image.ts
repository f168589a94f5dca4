import { noSuchImage } from '../domain/access.js';
import type { Caller } from '../domain/identity.js';
import type { Image } from '../domain/image.js';
import { RegistryError } from '../errors.js';
import { askBeforeUpload } from './before-upload.js';
import { actorOf } from './events.js';
import { requireLive, requireReady } from './image-checks.js';
import { readSource, type ImageSource, type ReadSource } from './image-source.js';
import type { Judge } from './judge.js';
import type { Parts } from './parts.js';
import type { Transfer } from './transfer.js';
import { withFacts } from './upload-image.js';

/** What is said of staged bytes besides where they come from. */
export interface StageOptions {
  /** Bytes that there must be. Default: those that the image was reserved with, if any. */
  readonly size?: number | undefined;
}

/** Takes bytes for images that are to be imported later. */
export class StageImage {
  readonly #parts: Parts & { readonly transfer: Transfer };
  readonly #judge: Judge;

  constructor(parts: Parts & { readonly transfer: Transfer }, judge: Judge) {
    this.#parts = parts;
    this.#judge = judge;
  }

  async run(
    caller: Caller,
    id: string,
    { data: given }: Pick<ImageSource, 'data'>,
    { size }: StageOptions,
    signal: AbortSignal,
  ): Promise<Image> {
    const { catalogue, clock, transfer } = this.#parts;
    const source = withFacts(readSource({ data: given }), { size, findsVirtualSize: true });
    const { data } = source;
    if (data === null) throw new RegistryError('internal', 'there is no data');
    this.#judge.beforeChange(caller, ['modify_image']);
    await this.#asked(caller, id, source, signal);
    const attempt = await transfer.begin(actorOf(caller));
    const image = await attempt.enter(id, async () => {
      const changed = await catalogue.update(id, (current) => {
        const queued = this.#judged(caller, current, source);
        const reserved = data.length ?? size ?? queued.size ?? 0;
        const claimed = attempt.claim(queued, { purpose: 'staging', onFailure: 'queued', reserved });
        return { ...claimed, status: 'uploading', message: null, updated_at: clock.now() };
      });
      if (changed === undefined) throw noSuchImage();
      return changed.image;
    });
    return attempt.run(() => Promise.resolve(image), data, { signal, refused: 'queued' });
  }

  async #asked(caller: Caller, id: string, source: ReadSource, signal: AbortSignal): Promise<void> {
    const { catalogue, hooks } = this.#parts;
    if (hooks.beforeUpload === undefined) return;
    const image = this.#judged(caller, (await catalogue.get(id))?.image, source);
    await askBeforeUpload(hooks, { caller, image, source, signal });
  }

  /** The image, when the caller may stage these bytes for it; its formats need not be said yet. */
  #judged(caller: Caller, current: Image | undefined, source: ReadSource): Image {
    const image = this.#judge.owned(caller, current, ['modify_image']);
    requireLive(image);
    requireReady(image, source);
    const { imageSizeCap } = this.#parts.limits;
    if ((source.data?.length ?? 0) > imageSizeCap)
      throw new RegistryError('too_large', `An image has at most ${imageSizeCap} bytes.`);
    return image;
  }
}
