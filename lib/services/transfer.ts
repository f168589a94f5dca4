import type { Readable } from 'node:stream';
import { noSuchImage } from '../domain/access.js';
import { keptBlobs } from '../domain/blob-entries.js';
import type { Image } from '../domain/image.js';
import { RegistryError } from '../errors.js';
import { Attempt } from './attempt.js';
import type { Parts } from './parts.js';

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
  /** The attempts of this registry that are going on. */
  readonly #running = new Map<Attempt, Promise<unknown>>();
  #closing = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Begins to bring data to an image that is claimed with the next change of its record.
   * @throws RegistryError `unavailable`
   */
  async begin(): Promise<Attempt> {
    if (this.#closing) throw new RegistryError('unavailable', 'the registry is closing');
    return Attempt.begin(this.#parts);
  }

  /**
   * Stores the data of an image that has the attempt's entry and makes it active.
   * @returns the active image
   * @throws RegistryError `bad_request` broken off, wrong size or checksum; `deleted_meanwhile`; `too_large`; those of the stores
   */
  async upload(attempt: Attempt, image: Image, data: ImageData, signal: AbortSignal): Promise<Image> {
    return this.track(
      attempt,
      attempt.run(() => Promise.resolve(image), data, { signal, refused: 'queued' }),
    );
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
    this.#closing = true;
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
    const [blob] = keptBlobs(image);
    if (blob === undefined) return this.#readElsewhere(image, range, signal);
    const store = this.#parts.stores.at(blob);
    const { size } = await store.stat(blob.location);
    if (size !== image.size) {
      this.#parts.log.error(
        { image: image.id, size: image.size, stored: size },
        'the size of a blob does not match its image',
      );
      return null;
    }
    return store.read(blob.location, { ...range, signal });
  }

  async #readElsewhere(
    image: Image,
    range: { readonly start: number; readonly end: number } | null,
    signal: AbortSignal,
  ): Promise<Readable> {
    const [location] = image.locations;
    if (location === undefined) throw noSuchImage();
    return this.#parts.sources.read(location.url, { ...range, size: image.size ?? 0, signal });
  }
}
