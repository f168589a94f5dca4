import { noSuchImage } from '../domain/access.js';
import { storedBytes, withBlobsOfOwner } from '../domain/blob-entries.js';
import type { Caller } from '../domain/identity.js';
import { changedImage, requireFormatsFree, requireOwnFields } from '../domain/image-rules.js';
import type { Image, PublicImage } from '../domain/image.js';
import type { ImageChanges } from '../domain/metadata.js';
import { requireInLimits, requireQuotas, requireRecordSize } from '../domain/metadata-limits.js';
import type { Action } from '../domain/policy/actions.js';
import { publicImage } from '../domain/public-image.js';
import { readChanges } from '../domain/read-metadata.js';
import type { RegistryError } from '../errors.js';
import { askBeforeUpload } from './before-upload.js';
import { bringData, type DataParts } from './bring-data.js';
import { claimData, type Claim } from './claim.js';
import type { Attempt } from './attempt.js';
import { actorOf } from './events.js';
import {
  actionsFor,
  checkLength,
  checkRoom,
  checkStore,
  requireLive,
  requireReady,
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
    return bringData(this.#parts, id, source, { by, signal }, (attempt) =>
      this.#write(id, request, asked, attempt),
    );
  }

  /** What can be refused before the image is looked up. */
  #read(caller: Caller, given: readonly ImageChange[], source: ReadSource): Request {
    const { limits } = this.#parts;
    const changes = given.map((change) =>
      typeof change === 'function' ? change : readChanges(change, limits),
    );
    const plain = changes.filter((change) => typeof change === 'object');
    checkLength(this.#parts, source);
    for (const { store } of plain) checkStore(this.#parts, store);
    this.#judge.beforeChange(caller, this.#actions(source, plain));
    for (const change of plain) requireInLimits(change, limits);
    return { caller, changes, source };
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

  async #write(id: string, request: Request, asked: number | null, attempt: Attempt | null): Promise<Claim> {
    const { catalogue, events } = this.#parts;
    const { source, caller } = request;
    const outcome: { before?: Image; refusal: RegistryError | null } = { refusal: null };
    const changed = await catalogue.update(id, (current) => {
      const { image, size, touched } = this.#judged(current, request);
      if (!touched) return null;
      const next = { ...image, ...sizeOf(size, asked, current.size) };
      const { onFailure } = this.#judge.dialect;
      const options = { given: size ?? current.size, asked, onFailure };
      const claim = claimData(withBlobsOfOwner(next), source, options, attempt);
      outcome.before = current;
      outcome.refusal = claim.refusal;
      return claim.image;
    });
    if (changed === undefined) throw noSuchImage();
    const { image } = changed;
    if (outcome.before !== undefined) {
      await this.#moveUsage(outcome.before, image);
      events.tell('image.update', publicImage(image), { by: actorOf(caller) });
    }
    return { image, refusal: outcome.refusal };
  }

  /** The record after the changes, when the caller may make them. */
  #judged(
    current: Image | undefined,
    { caller, changes, source }: Request,
  ): { image: Image; size: number | undefined; touched: boolean } {
    const { limits, clock } = this.#parts;
    const before = this.#judge.owned(caller, current, this.#actions(source));
    requireLive(before);
    let image: Image = { ...before, updated_at: clock.now() };
    let touched = sourcesIn(source) > 0;
    let size: number | undefined;
    for (const change of changes) {
      const wanted = typeof change === 'function' ? this.#told(change, caller, image) : change;
      if (wanted === null) continue;
      image = this.#changed(caller, image, wanted);
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

  #changed(caller: Caller, image: Image, wanted: ImageChanges): Image {
    for (const action of actionsFor(wanted)) this.#judge.access.require(action, caller, image);
    requireOwnFields(caller, wanted, false);
    if (this.#judge.dialect.formatsStay) requireFormatsFree(image, wanted);
    const properties = this.#judge.changedProperties(caller, image.properties, wanted);
    return changedImage(image, wanted, caller, properties);
  }

  /** An admin may have given the image to another project. */
  async #moveUsage(before: Image, after: Image): Promise<void> {
    const { quota } = this.#parts;
    if (before.owner === after.owner) return;
    await quota.release(before.owner, storedBytes(before));
    await quota.release(after.owner, -storedBytes(after));
  }
}
