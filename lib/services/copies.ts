import { pipeline } from 'node:stream';
import { shareOf } from '../domain/identity.js';
import type { Image } from '../domain/image.js';
import { publicImage } from '../domain/public-image.js';
import type { Attempt } from './attempt.js';
import type { Actor } from './events.js';
import type { Parts } from './parts.js';
import { ProgressMeter } from './progress-meter.js';
import { Turns, type Turn } from './turns.js';

export interface CopiesOptions {
  /** Most copies at a time; one project has at most half of them. */
  readonly concurrency: number;
  /** Most copies that wait; those of one project are at most half of them. */
  readonly queue: number;
}

/** Copies data from elsewhere in the background, a few images at a time. */
export class Copies {
  readonly #parts: Parts;
  readonly #turns: Turns;

  constructor(parts: Parts, { concurrency, queue }: CopiesOptions) {
    this.#parts = parts;
    this.#turns = new Turns({
      what: 'copies',
      all: concurrency,
      each: Math.ceil(concurrency / 2),
      waiting: queue,
      waitingEach: Math.ceil(queue / 2),
    });
  }

  /**
   * Takes a place for a copy, before anything is written for it; to be given to `start`, or ended.
   * @throws RegistryError `unavailable` when too many wait already
   */
  enter(by: Actor): Turn {
    return this.#turns.enter(shareOf(by));
  }

  /**
   * Takes on an image whose record has the attempt's entry. What becomes of it shows in the record: `active`, or `killed` with a message. Should this process
   * end before, the janitor of any process kills it.
   */
  start(attempt: Attempt, turn: Turn, { id, size }: Image, url: string): void {
    this.#copy(attempt, turn, size, url).catch((error: unknown) => {
      this.#parts.log.warn({ err: error, image: id }, 'a copy failed');
    });
  }

  async #copy(attempt: Attempt, turn: Turn, size: number | null, url: string): Promise<Image> {
    const { sources, events } = this.#parts;
    let image: Image | undefined;
    try {
      await comeOrEnded(turn, attempt.signal);
      return await attempt.run(async () => (image = await attempt.start()), {
        length: size,
        open: async (signal) => {
          const data = await sources.read(url, { signal, unattended: true });
          const progress = new ProgressMeter((bytes) => {
            if (image !== undefined)
              events.tell('image.copy', publicImage(image), { by: attempt.by, bytes, size });
          });
          // A failure of either ends both, and shows in the one that is read.
          pipeline(data, progress, () => undefined);
          return progress;
        },
      });
    } finally {
      turn.end();
    }
  }
}

/** Waits for a turn; a copy that is ended before goes on at once, to be cleaned up. */
export async function comeOrEnded({ come }: Turn, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  let leave = (): void => undefined;
  const ended = new Promise<void>((resolve) => (leave = resolve));
  signal.addEventListener('abort', leave, { once: true });
  await Promise.race([come, ended]);
  signal.removeEventListener('abort', leave);
}
