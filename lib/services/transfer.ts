import type { Readable } from 'node:stream';
import type { Image } from '../domain/image.js';
import { RegistryError } from '../errors.js';
import { Attempt } from './attempt.js';
import type { Actor } from './events.js';
import type { Parts } from './parts.js';

/** Data that a caller brings for an image. */
export interface ImageData {
  /** Begins to read; called at most once, and not at all when the upload is refused before. */
  readonly open: () => Readable;
  /** Bytes, when known beforehand. */
  readonly length: number | null;
  /** Bytes that the caller has announced besides; other data is refused. Default: the size that the image has. */
  readonly size?: number;
  /** Whether the size that a guest sees is looked for in the data. Default false. */
  readonly findsVirtualSize?: boolean;
  /** Why the data must not be stored though the image is otherwise ready for it: it is killed then, as the reference does. */
  readonly refusal?: string;
}

/** Brings data in, and keeps track of what is on its way. */
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
  async begin(by: Actor): Promise<Attempt> {
    if (this.#closing) throw new RegistryError('unavailable', 'the registry is closing');
    return Attempt.begin(this.#parts, by);
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
}
