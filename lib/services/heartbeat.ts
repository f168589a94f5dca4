import type { ImageCatalogue } from '../catalogue/image-catalogue.js';
import type { ProcessBook } from '../catalogue/process-book.js';
import { blobOf } from '../domain/blob-entries.js';
import { isDeleted, type Image } from '../domain/image.js';
import { RegistryError } from '../errors.js';
import type { Logger } from '../logger.js';
import { processIdentity } from './process-identity.js';

/** Milliseconds after which what could not be settled is tried again: at first, and at most. */
const FIRST_RETRY = 1000;
const LAST_RETRY = 30_000;

export interface HeartbeatParts {
  readonly catalogue: ImageCatalogue;
  readonly processes: ProcessBook;
  readonly log: Logger;
  /** Milliseconds without a sign of life after which this registry counts as dead. */
  readonly leaseTime: number;
}

/** Somebody who brings a blob, from before its entry comes into a record until it is settled. */
export interface Writer {
  /** Id of the image. */
  readonly image: string;
  /** Id of the entry that stands in the image's record, or is about to come into it; null: there is none yet. */
  readonly entry: string | null;
  /** Whether the entry is known to stand there. */
  readonly isEntered: boolean;
  /** Called when the record no longer wants the blob: the image was deleted, or another process has settled the upload. */
  abort(reason: RegistryError): void;
}

/**
 * The life of a registry: one record that is durable before the first blob entry that names it, is counted up four times in a lease time,
 * and goes some time after the last entry. Renewing it touches no image; the images that are written to are read again in one batch.
 */
export class Heartbeat {
  /** Names this registry in blob entries. */
  readonly id = crypto.randomUUID();
  readonly #parts: HeartbeatParts;
  readonly #writers = new Set<Writer>();
  readonly #unsettled = new Map<string, () => Promise<void>>();
  #entered = false;
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  #settling: Promise<void> | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  /**
   * Shows signs of life from now on, until all have left; looks after the blob of this one.
   * @throws RegistryError `unavailable`; then nothing has begun
   */
  async enter(writer: Writer): Promise<void> {
    this.#writers.add(writer);
    if (this.#entered) return;
    try {
      await this.#inTurn(() => this.#put());
    } catch (error) {
      this.#writers.delete(writer);
      throw error;
    }
  }

  /** The record goes at one of the next beats, when nobody has entered again. */
  leave(writer: Writer): void {
    this.#writers.delete(writer);
  }

  /**
   * Takes over what a storage that is down did not let a writer finish: it is tried again after a second, then after twice as long each time, at
   * most a quarter of the lease time and half a minute.
   */
  retry(entry: string, work: () => Promise<void>): void {
    this.#unsettled.set(entry, work);
    this.#settleLater(FIRST_RETRY);
  }

  /** Whether somebody here still looks after a blob whose entry names this registry. */
  looksAfter(entry: string): boolean {
    return this.#unsettled.has(entry) || [...this.#writers].some((writer) => writer.entry === entry);
  }

  /** Ends the signs of life. What is unsettled stays in the records, and the record of this registry with it. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#retryTimer);
    await this.#beating;
    await this.#settle();
    try {
      if (this.#entered) await this.#inTurn(() => this.#remove());
    } catch (error) {
      // Others see that this process has ended.
      this.#parts.log.debug({ err: error }, 'the record of a registry is left');
    }
  }

  get #isIdle(): boolean {
    return this.#writers.size + this.#unsettled.size === 0;
  }

  async #put(): Promise<void> {
    if (this.#entered) return;
    const { processes, leaseTime } = this.#parts;
    await processes.put({ ...(await processIdentity()), id: this.id, leaseTime, counter: 0 });
    this.#entered = true;
    this.#timer ??= setInterval(() => {
      // A key space that is slower than that must not get more and more to do.
      this.#beating ??= this.#beat().finally(() => (this.#beating = undefined));
    }, leaseTime / 4).unref();
  }

  async #remove(): Promise<void> {
    if (!this.#isIdle) return;
    // Whoever enters from here on waits for its turn and writes the record anew.
    this.#entered = false;
    await this.#parts.processes.remove(this.id);
  }

  async #beat(): Promise<void> {
    try {
      await this.#settle();
      if (this.#isIdle) {
        if (this.#entered) await this.#inTurn(() => this.#remove());
        return;
      }
      if (!(await this.#parts.processes.renew(this.id))) {
        // Somebody took this registry for dead; what it still writes is found out below.
        this.#entered = false;
        await this.#inTurn(() => this.#put());
      }
      await this.#look();
    } catch (error) {
      // The next beat may succeed; others judge only by what they have read themselves.
      this.#parts.log.warn({ err: error, registry: this.id }, 'a registry could not show that it lives');
    }
  }

  /** A writer whose blob is no longer wanted is told, whoever has decided so. */
  async #look(): Promise<void> {
    const writers = [...this.#writers].filter(({ isEntered }) => isEntered);
    if (writers.length === 0) return;
    const images = await this.#parts.catalogue.getMany(writers.map(({ image }) => image));
    for (const [index, writer] of writers.entries()) {
      const reason = reasonToStop(images[index], writer.entry ?? '');
      if (reason !== null) writer.abort(reason);
    }
  }

  /** @param wait milliseconds */
  #settleLater(wait: number): void {
    if (this.#closed || this.#retryTimer !== undefined) return;
    const most = Math.min(LAST_RETRY, this.#parts.leaseTime / 4);
    this.#retryTimer = setTimeout(
      () => {
        void this.#settle().then(() => {
          this.#retryTimer = undefined;
          if (this.#unsettled.size > 0) this.#settleLater(wait * 2);
        });
      },
      Math.min(wait, most),
    ).unref();
  }

  /** Once at a time, however many ask. */
  #settle(): Promise<void> {
    this.#settling ??= this.#settleAll().finally(() => (this.#settling = undefined));
    return this.#settling;
  }

  async #settleAll(): Promise<void> {
    for (const [entry, work] of this.#unsettled) {
      try {
        await work();
      } catch (error) {
        this.#parts.log.debug({ err: error }, 'a failed upload cannot be settled yet');
        return;
      }
      this.#unsettled.delete(entry);
    }
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work, work);
    this.#turn = done;
    done.catch(() => undefined);
    return done;
  }
}

/** Why a writer must stop; null when its blob is still wanted. */
export function reasonToStop(image: Image | undefined, blob: string): RegistryError | null {
  if (image !== undefined && blobOf(image, blob)?.state === 'writing') return null;
  return image === undefined || isDeleted(image)
    ? new RegistryError('deleted_meanwhile', 'The image was deleted during the upload.')
    : new RegistryError('upload_lost', 'Another process has ended this upload.');
}
