import type { Image } from '../domain/image.js';
import { withoutOldTasks } from '../domain/image-tasks.js';
import { withoutStaged } from '../domain/imports.js';
import { timeAfter } from '../domain/times.js';
import type { Parts } from './parts.js';
import { bringNear, latestDue, removeDoomed } from './doomed-blobs.js';
import { LOOKS, Neighbours, type DeadRegistry } from './neighbours.js';
import { settleBlob } from './settle.js';

/** Images that one read of a sweep takes. */
const BATCH = 100;
const INTERRUPTED = 'The upload was interrupted.';
/** Milliseconds between two sweeps when the first has left something to do. */
const GO_ON = 1000;

/** What a sweep did. */
export interface SweepReport {
  /** Dead uploads that were ended. */
  readonly settled: number;
  /** Images of which data that nobody needs was removed. */
  readonly scrubbed: number;
  /** Records of images deleted long ago of which only the id was kept. */
  readonly buried: number;
  /** Whether there was more to do than one sweep does. */
  readonly more: boolean;
}

/** Cleans up what died half way. Safe in any number of processes: every step is a compare-and-set or does no harm twice. */
export class Janitor {
  readonly #parts: Parts;
  readonly #turn: number;
  readonly #neighbours: Neighbours;
  #sweeping: Promise<SweepReport> | undefined;
  #looking: Promise<unknown> = Promise.resolve();
  #sweepTimer: NodeJS.Timeout | undefined;
  #goOnTimer: NodeJS.Timeout | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param options.turn most images that one sweep looks after in one way, so that it ends; the next one goes on. Default 10 000 */
  constructor(parts: Parts, { turn = 10_000 }: { readonly turn?: number } = {}) {
    this.#parts = parts;
    this.#turn = turn;
    const { catalogue, processes, heartbeat, leaseTime } = parts;
    this.#neighbours = new Neighbours(catalogue, processes, heartbeat.id, leaseTime);
  }

  /**
   * Sweeps now and then every `interval` milliseconds, and looks often enough for dead registries; 0: never by itself.
   */
  start(interval: number): void {
    if (interval === 0 || this.#stopped) return;
    const sweep = (): void => {
      this.sweep().then(
        ({ more }) => {
          if (!more || this.#stopped) return;
          clearTimeout(this.#goOnTimer);
          this.#goOnTimer = setTimeout(sweep, GO_ON).unref();
        },
        (error: unknown) => this.#parts.log.warn({ err: error }, 'a sweep was broken off'),
      );
    };
    sweep();
    this.#sweepTimer = setInterval(sweep, interval).unref();
    this.#lookLater(this.#parts.leaseTime / LOOKS);
  }

  /** Ends the timers and a sweep that is going on, which the next one goes on with. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#sweepTimer);
    clearTimeout(this.#goOnTimer);
    clearTimeout(this.#lookTimer);
    await this.#looking.catch(() => undefined);
    await this.#sweeping?.catch(() => undefined);
  }

  /**
   * Goes once through all dead registries and doomed blobs. Calls while a sweep is going on share it.
   * @throws RegistryError `unavailable`
   */
  sweep(): Promise<SweepReport> {
    this.#sweeping ??= this.#sweep().finally(() => (this.#sweeping = undefined));
    return this.#sweeping;
  }

  async #sweep(): Promise<SweepReport> {
    const { settled: ofOthers } = await this.#settleDead();
    const settled = ofOthers + (await this.#settleLost());
    const scrubbed = await this.#scrub();
    const buried = await this.#bury();
    return { settled, scrubbed, buried, more: scrubbed >= this.#turn || buried >= this.#turn };
  }

  /** The silence of other registries counts only while it is looked at often enough. */
  #lookLater(wait: number): void {
    if (this.#stopped) return;
    this.#lookTimer = setTimeout(() => {
      this.#looking = this.#settleDead().then(
        ({ again }) => this.#lookLater(again),
        (error: unknown) => {
          this.#parts.log.debug({ err: error }, 'other registries could not be looked at');
          this.#lookLater(wait);
        },
      );
    }, wait).unref();
  }

  async #settleDead(): Promise<{ settled: number; again: number }> {
    const { dead, again } = await this.#neighbours.look();
    let settled = 0;
    for (const registry of dead) if (!this.#stopped) settled += await this.#settleRegistry(registry);
    return { settled, again };
  }

  async #settleRegistry({ id, certain }: DeadRegistry): Promise<number> {
    const { settled, failed } = await this.#settleBlobsOf(id, certain, () => true);
    if (!failed) await this.#parts.processes.remove(id);
    return settled;
  }

  /** A commit that failed here may have come through later, when nobody waited for it any more. */
  async #settleLost(): Promise<number> {
    const { heartbeat } = this.#parts;
    const isLost = (entry: string): boolean => !heartbeat.looksAfter(entry);
    return (await this.#settleBlobsOf(heartbeat.id, true, isLost)).settled;
  }

  /** Ends what a registry has begun to write and will not go on with. */
  async #settleBlobsOf(
    registry: string,
    certain: boolean,
    isDead: (entry: string) => boolean,
  ): Promise<{ settled: number; failed: boolean }> {
    const { catalogue, log } = this.#parts;
    let settled = 0;
    let failed = false;
    for (let after: string | undefined; ;) {
      const images = await catalogue.writtenBy(registry, BATCH, after);
      for (const { id: image, blobs } of images)
        for (const { id: blob, process } of blobs) {
          if (process !== registry || !isDead(blob)) continue;
          try {
            await settleBlob(this.#parts, image, blob, { message: INTERRUPTED, certain });
            settled += 1;
            log.info({ image, blob }, 'a dead upload was ended');
          } catch (error) {
            failed = true;
            log.warn({ err: error, image }, 'a dead upload could not be ended yet');
          }
        }
      after = images.at(-1)?.id;
      if (after === undefined || images.length < BATCH) return { settled, failed };
    }
  }

  async #scrub(): Promise<number> {
    const { catalogue, clock } = this.#parts;
    await this.#bringNear();
    let scrubbed = 0;
    while (scrubbed < this.#turn && !this.#stopped) {
      const due = await catalogue.withChores(clock.now(), BATCH);
      const removed = await Promise.all(due.map((image) => this.#clean(image)));
      scrubbed += removed.filter((done) => done).length;
      // What failed is due again later; when the catalogue does not even take a note of that, so is the rest.
      if (due.length < BATCH || !removed.includes(true)) break;
    }
    return scrubbed;
  }

  /** What is due beyond a sane distance is not trusted: it would be kept for years. */
  async #bringNear(): Promise<void> {
    const { catalogue, log } = this.#parts;
    const latest = latestDue(this.#parts);
    for (let looked = 0; looked < this.#turn && !this.#stopped; looked += BATCH) {
      const late = await catalogue.withChoresAfter(latest, BATCH);
      for (const { id } of late) await bringNear(this.#parts, id, latest);
      if (late.length > 0)
        log.warn(
          { images: late.length },
          'data was to be removed far in the future: a clock had jumped ahead',
        );
      if (late.length < BATCH) return;
    }
  }

  /** Removes what is due of an image. @returns whether all of it is removed */
  async #clean({ id }: Image): Promise<boolean> {
    const { catalogue, clock, log } = this.#parts;
    try {
      const cleaned = await catalogue.update(id, (image) => {
        const now = clock.now();
        const next = withoutOldTasks(withoutStaged(image, now), now);
        return next === image ? null : next;
      });
      return cleaned === undefined || (await removeDoomed(this.#parts, cleaned.image));
    } catch (error) {
      log.warn({ err: error, image: id }, 'what is left of an image could not be removed yet');
      return false;
    }
  }

  /** An id must never be used again, but nothing else of a deleted image need be kept for ever. */
  async #bury(): Promise<number> {
    const { catalogue, clock, keepDeleted } = this.#parts;
    if (keepDeleted === Infinity) return 0;
    const before = timeAfter(clock.now(), -keepDeleted);
    let buried = 0;
    while (buried < this.#turn && !this.#stopped) {
      const old = await catalogue.deletedBefore(before, BATCH);
      for (const { id } of old) if (await catalogue.bury(id)) buried += 1;
      if (old.length < BATCH) break;
    }
    return buried;
  }
}
