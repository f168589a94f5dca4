import type { Lease } from '../catalogue/lease-book.js';
import { timeAfter } from '../domain/times.js';
import type { Parts } from './parts.js';
import { processIsDead } from './process-identity.js';
import { removeScrubbed } from './scrub.js';
import { settle } from './settle.js';

/** Leases or images that one read of a sweep takes. */
const BATCH = 100;
/** Most images that one sweep looks after in one way, so that it ends; the next one goes on. */
const TURN = 10_000;

/** What a sweep did. */
export interface SweepReport {
  /** Dead uploads that were ended. */
  readonly settled: number;
  /** Deleted images whose data was removed. */
  readonly scrubbed: number;
  /** Records of images deleted long ago of which only the id was kept. */
  readonly buried: number;
  /** Whether there was more to do than one sweep does. */
  readonly more: boolean;
}

/** Cleans up what died half way. Safe in any number of processes: every step is a compare-and-set or does no harm twice. */
export class Janitor {
  readonly #parts: Parts;
  /** Since when, by this process's monotonic clock, a lease shows the same counter. */
  readonly #seen = new Map<string, { readonly counter: number; readonly since: number }>();
  #sweeping: Promise<SweepReport> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Sweeps now and then every `interval` milliseconds; 0: never by itself.
   */
  start(interval: number): void {
    if (interval === 0) return;
    const sweep = (): void => {
      this.sweep().catch((error: unknown) => this.#parts.log.warn({ err: error }, 'a sweep was broken off'));
    };
    sweep();
    this.#timer = setInterval(sweep, interval);
    this.#timer.unref();
  }

  /** Ends the timer and waits for a sweep that is going on. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping?.catch(() => undefined);
  }

  /**
   * Goes once through all leases and left-over blobs. Calls while a sweep is going on share it.
   * @throws RegistryError `unavailable`
   */
  sweep(): Promise<SweepReport> {
    this.#sweeping ??= this.#sweep().finally(() => (this.#sweeping = undefined));
    return this.#sweeping;
  }

  async #sweep(): Promise<SweepReport> {
    const settled = await this.#settleDead();
    const scrubbed = await this.#scrub();
    const buried = await this.#bury();
    return { settled, scrubbed, buried, more: scrubbed >= TURN || buried >= TURN };
  }

  async #settleDead(): Promise<number> {
    const { leases, log } = this.#parts;
    const found = new Set<string>();
    let settled = 0;
    let after: string | undefined;
    do {
      const batch = await leases.list(after, BATCH);
      for (const lease of batch) {
        found.add(lease.attempt);
        if (!(await this.#isDead(lease))) continue;
        try {
          await settle(this.#parts, lease, 'The upload was interrupted.');
          settled += 1;
          log.info({ image: lease.image, attempt: lease.attempt }, 'a dead upload was ended');
        } catch (error) {
          log.warn({ err: error, image: lease.image }, 'a dead upload could not be ended yet');
        }
      }
      after = batch.length < BATCH ? undefined : batch.at(-1)?.attempt;
    } while (after !== undefined);
    for (const attempt of this.#seen.keys()) if (!found.has(attempt)) this.#seen.delete(attempt);
    return settled;
  }

  /** Wall clocks of different hosts are never compared: a lease is judged by what this process saw of it. */
  async #isDead(lease: Lease): Promise<boolean> {
    if (await processIsDead(lease.process)) return true;
    const seen = this.#seen.get(lease.attempt);
    if (seen?.counter !== lease.counter) {
      this.#seen.set(lease.attempt, { counter: lease.counter, since: performance.now() });
      return false;
    }
    return performance.now() - seen.since > this.#parts.leaseTime;
  }

  async #scrub(): Promise<number> {
    const { catalogue, clock } = this.#parts;
    let scrubbed = 0;
    while (scrubbed < TURN) {
      const due = await catalogue.scrubbable(clock.now(), BATCH);
      const removed = await Promise.all(due.map((image) => removeScrubbed(this.#parts, image)));
      scrubbed += removed.filter((done) => done).length;
      // What failed is due again later; when the catalogue does not even take a note of that, so is the rest.
      if (due.length < BATCH || !removed.includes(true)) break;
    }
    return scrubbed;
  }

  /** An id must never be used again, but nothing else of a deleted image need be kept for ever. */
  async #bury(): Promise<number> {
    const { catalogue, clock, keepDeleted } = this.#parts;
    if (keepDeleted === Infinity) return 0;
    const before = timeAfter(clock.now(), -keepDeleted);
    let buried = 0;
    while (buried < TURN) {
      const old = await catalogue.deletedBefore(before, BATCH);
      for (const { id } of old) if (await catalogue.bury(id)) buried += 1;
      if (old.length < BATCH) break;
    }
    return buried;
  }
}
