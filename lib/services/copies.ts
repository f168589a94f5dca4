import { pipeline } from 'node:stream';
import type { Image } from '../domain/image.js';
import type { Attempt } from './attempt.js';
import { publicImage } from '../domain/public-image.js';
import type { Parts } from './parts.js';
import { ProgressMeter } from './progress-meter.js';
import type { Transfer } from './transfer.js';

/** Copies data from elsewhere in the background, a few images at a time. */
export class Copies {
  readonly #parts: Parts;
  readonly #transfer: Transfer;
  readonly #concurrency: number;
  readonly #waiting: (() => void)[] = [];
  #active = 0;

  /** @param concurrency most copies at a time; the others wait */
  constructor(parts: Parts, transfer: Transfer, concurrency: number) {
    this.#parts = parts;
    this.#transfer = transfer;
    this.#concurrency = concurrency;
  }

  /**
   * Takes on an image whose record has the attempt's entry. What becomes of it shows in the record: `active`, or `killed` with a message. Should this process
   * end before, the janitor of any process kills it.
   */
  start(attempt: Attempt, image: Image, url: string): void {
    this.#transfer.track(attempt, this.#copy(attempt, image, url)).catch((error: unknown) => {
      this.#parts.log.warn({ err: error, image: image.id }, 'a copy failed');
    });
  }

  async #copy(attempt: Attempt, image: Image, url: string): Promise<Image> {
    await this.#turn();
    try {
      return await attempt.run(() => attempt.start(), {
        length: image.size,
        open: async (signal) => {
          const data = await this.#parts.sources.read(url, { signal });
          const progress = new ProgressMeter((bytes) =>
            this.#parts.events.tell('image.copy', publicImage(image), {
              by: attempt.by,
              bytes,
              size: image.size,
            }),
          );
          // A failure of either ends both, and shows in the one that is read.
          pipeline(data, progress, () => undefined);
          return progress;
        },
      });
    } finally {
      this.#next();
    }
  }

  async #turn(): Promise<void> {
    if (this.#active < this.#concurrency) this.#active += 1;
    else
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
  }

  /** Hands the place on to the copy that has waited longest. */
  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#active -= 1;
    else next();
  }
}
