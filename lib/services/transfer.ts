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

/** Something that is on its way to an image. */
export interface Running {
  /** Id of the image; empty before it is known. */
  readonly image: string;
  /** Resolves when nothing of it goes on any more. */
  readonly ended: Promise<void>;
  /** Ends it with an error. */
  abort(error: RegistryError): void;
}

/** Brings data in, and keeps track of what is on its way. */
export class Transfer {
  readonly #parts: Parts;
  /** Those that are going on. */
  readonly #running = new Set<Running>();
  #closing = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Begins to bring data to an image that is claimed with the next change of its record.
   * @throws RegistryError `unavailable`
   */
  begin(by: Actor): Promise<Attempt> {
    return this.track(new Attempt(this.#parts, by)).begin();
  }

  /**
   * Keeps track of something until it has ended.
   * @throws RegistryError `unavailable` when nothing may begin any more
   */
  track<T extends Running>(running: T): T {
    if (this.#closing) throw closing();
    this.#running.add(running);
    void running.ended.then(() => this.#running.delete(running));
    return running;
  }

  /** Ends what is on its way to an image, because it is deleted. */
  abort(id: string): void {
    for (const running of this.#running)
      if (running.image === id)
        running.abort(new RegistryError('deleted_meanwhile', 'The image was deleted during the upload.'));
  }

  /** Ends all that is on its way and waits until nothing is left of it. */
  async close(): Promise<void> {
    this.#closing = true;
    const going = [...this.#running];
    for (const running of going) running.abort(closing());
    await Promise.all(going.map(({ ended }) => ended));
  }
}

function closing(): RegistryError {
  return new RegistryError('unavailable', 'the registry is closing');
}
