import type { Readable } from 'node:stream';
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
  /** Those that are going on. */
  readonly #attempts = new Set<Attempt>();
  #closing = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Begins to bring data to an image that is claimed with the next change of its record.
   * @throws RegistryError `unavailable`
   */
  async begin(by: Actor): Promise<Attempt> {
    if (this.#closing) throw closing();
    const attempt = new Attempt(this.#parts, by);
    this.#attempts.add(attempt);
    void attempt.ended.then(() => this.#attempts.delete(attempt));
    return attempt.begin();
  }

  /** Ends what is on its way to an image, because it is deleted. */
  abort(id: string): void {
    for (const attempt of this.#attempts)
      if (attempt.image === id)
        attempt.abort(new RegistryError('deleted_meanwhile', 'The image was deleted during the upload.'));
  }

  /** Ends all that is on its way and waits until nothing is left of it. */
  async close(): Promise<void> {
    this.#closing = true;
    const going = [...this.#attempts];
    for (const attempt of going) attempt.abort(closing());
    await Promise.all(going.map(({ ended }) => ended));
  }
}

function closing(): RegistryError {
  return new RegistryError('unavailable', 'the registry is closing');
}
