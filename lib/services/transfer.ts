import type { Readable } from 'node:stream';
import { noSuchImage } from '../domain/access.js';
import type { Image } from '../domain/image.js';
import { requireFormats } from '../domain/image-rules.js';
import { RegistryError } from '../errors.js';
import { Attempt } from './attempt.js';
import type { Parts } from './parts.js';
import { processIdentity } from './process-identity.js';

/** Data that a caller brings for an image. */
export interface ImageData {
  /** Begins to read; called at most once, and not at all when the upload is refused before. */
  readonly open: () => Readable;
  /** Bytes, when known beforehand. */
  readonly length: number | null;
  /** Why the data must not be stored though the image is otherwise ready for it: it is killed then, as the reference does. */
  readonly refusal?: string;
}

/** Brings data in, keeps track of what is on its way, and opens data that is there. */
export class Transfer {
  readonly #parts: Parts;
  #process: Promise<string> | undefined;
  /** The attempts of this registry that are going on. */
  readonly #running = new Map<Attempt, Promise<unknown>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Stores the data of a queued image and makes it active.
   * @returns the active image
   * @throws RegistryError `bad_request` formats missing, broken off, wrong size or checksum; `conflict` not queued;
   *   `deleted_meanwhile`; `too_large`; those of the stores
   */
  async upload(image: Image, data: ImageData, signal: AbortSignal): Promise<Image> {
    requireFormats(image);
    if (data.refusal !== undefined) throw await this.#refuse(image, data.refusal);
    const attempt = await this.begin(image);
    return this.track(attempt, attempt.run(data, signal));
  }

  /**
   * Begins an attempt in the name of this process; `track` what becomes of it.
   * @throws RegistryError `unavailable`
   */
  async begin(image: Image): Promise<Attempt> {
    this.#process ??= processIdentity();
    return Attempt.begin(this.#parts, image, await this.#process);
  }

  /** Counts an attempt as going on until its work is done. */
  async track<T>(attempt: Attempt, work: Promise<T>): Promise<T> {
    this.#running.set(attempt, work);
    try {
      return await work;
    } finally {
      this.#running.delete(attempt);
    }
  }

  /** Ends what is on its way to an image, because it is deleted. */
  abort(id: string): void {
    for (const attempt of this.#running.keys())
      if (attempt.image === id)
        attempt.abort(new RegistryError('deleted_meanwhile', 'The image was deleted during the upload.'));
  }

  /** Ends all that is on its way and waits until nothing is left of it. */
  async close(): Promise<void> {
    for (const attempt of this.#running.keys())
      attempt.abort(new RegistryError('unavailable', 'the registry is closing'));
    await Promise.allSettled(this.#running.values());
  }

  /**
   * Opens the data of an active image.
   * @param range bytes to send, both ends inclusive
   * @returns null when what is stored has not the size of the image: nothing of it may look like success
   * @throws RegistryError `not_found`, those of the stores
   */
  async download(
    image: Image,
    range: { readonly start: number; readonly end: number } | null,
    signal: AbortSignal,
  ): Promise<Readable | null> {
    const [location] = image.locations;
    if (location === undefined) throw noSuchImage();
    if ('url' in location)
      return this.#parts.sources.read(location.url, { ...range, size: image.size ?? 0, signal });
    const store = this.#parts.stores.at(location);
    const { size } = await store.stat(location.key);
    if (size !== image.size) {
      this.#parts.log.error(
        { image: image.id, size: image.size, stored: size },
        'a blob has not the size of its image',
      );
      return null;
    }
    return store.read(location.key, { ...range, signal });
  }

  async #refuse(image: Image, reason: string): Promise<RegistryError> {
    await this.#parts.catalogue.update(image.id, (current) =>
      current.status === 'queued' && current.attempt === null
        ? { ...current, status: 'killed', message: reason, updated_at: this.#parts.clock.now() }
        : null,
    );
    return new RegistryError('bad_request', reason);
  }
}
