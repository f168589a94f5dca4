import type { Lease } from '../catalogue/lease-book.js';
import type { Parts } from './parts.js';
import { processIsDead } from './process-identity.js';
import { removeScrubbed } from './scrub.js';
import { settle } from './settle.js';

/** Leases or images that one read of a sweep takes. */
const BATCH = 100;

/** What a sweep did. */
export interface SweepReport {
  /** Dead uploads that were ended. */
  readonly settled: number;
  /** Images whose left-over data was looked after. */
  readonly scrubbed: number;
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
    return { settled, scrubbed };
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
    let scrubbed = 0;
    let after: string | undefined;
    do {
      const batch = await this.#parts.catalogue.scrubbable(BATCH, after);
      for (const image of batch) await removeScrubbed(this.#parts, image);
      scrubbed += batch.length;
      after = batch.length < BATCH ? undefined : batch.at(-1)?.id;
    } while (after !== undefined);
    return scrubbed;
  }
}
