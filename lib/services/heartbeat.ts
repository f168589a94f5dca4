import type { ImageCatalogue } from '../catalogue/image-catalogue.js';
import type { ProcessBook } from '../catalogue/process-book.js';
import { blobOf } from '../domain/blob-entries.js';
import { isDeleted, type Image } from '../domain/image.js';
import { RegistryError } from '../errors.js';
import type { Logger } from '../logger.js';
import { processIdentity } from './process-identity.js';

export interface HeartbeatParts {
  readonly catalogue: ImageCatalogue;
  readonly processes: ProcessBook;
  readonly log: Logger;
  /** Milliseconds without a sign of life after which this registry counts as dead. */
  readonly leaseTime: number;
}

/** A blob that this registry writes. */
export interface Writing {
  /** Id of the image. */
  readonly image: string;
  /** Id of the blob's entry. */
  readonly blob: string;
  /** Called when the record no longer wants the blob: the image was deleted, or another process has settled the upload. */
  readonly lost: (reason: RegistryError) => void;
}

/**
 * The life of a registry: one record that is durable before the first blob entry that names it, is counted up four times in a lease time,
 * and goes some time after the last entry. Renewing it touches no image; the images that are written to are read again in one batch.
 */
export class Heartbeat {
  /** Names this registry in blob entries. */
  readonly id = crypto.randomUUID();
  readonly #parts: HeartbeatParts;
  readonly #writings = new Set<Writing>();
  readonly #unsettled = new Set<() => Promise<void>>();
  #users = 0;
  #entered = false;
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  /**
   * Shows signs of life from now on, until `leave` was called as often.
   * @throws RegistryError `unavailable`; then nothing has begun
   */
  async enter(): Promise<void> {
    this.#users += 1;
    if (this.#entered) return;
    try {
      await this.#inTurn(() => this.#put());
    } catch (error) {
      this.#users -= 1;
      throw error;
    }
  }

  /** The record goes at one of the next beats, when nobody has entered again. */
  leave(): void {
    this.#users -= 1;
  }

  /** Looks after a blob that is written. @returns ends that */
  watch(writing: Writing): () => void {
    this.#writings.add(writing);
    return () => void this.#writings.delete(writing);
  }

  /** Takes over what a storage that is down did not let a writer finish: it is tried again at every beat. */
  retry(work: () => Promise<void>): void {
    this.#users += 1;
    this.#unsettled.add(work);
  }

  /** Ends the signs of life. What is unsettled stays in the records, and the record of this registry with it. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
    await this.#settle();
    try {
      if (this.#entered && this.#users === 0) await this.#inTurn(() => this.#remove());
    } catch (error) {
      // Others see that this process has ended.
      this.#parts.log.debug({ err: error }, 'the record of a registry is left');
    }
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
    if (this.#users > 0) return;
    // Whoever enters from here on waits for its turn and writes the record anew.
    this.#entered = false;
    await this.#parts.processes.remove(this.id);
  }

  async #beat(): Promise<void> {
    try {
      await this.#settle();
      if (this.#users === 0) {
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
    const writings = [...this.#writings];
    if (writings.length === 0) return;
    const images = await this.#parts.catalogue.getMany(writings.map(({ image }) => image));
    for (const [index, { blob, lost }] of writings.entries()) {
      const reason = reasonToStop(images[index], blob);
      if (reason !== null) lost(reason);
    }
  }

  async #settle(): Promise<void> {
    for (const work of this.#unsettled) {
      try {
        await work();
      } catch (error) {
        this.#parts.log.debug({ err: error }, 'a failed upload cannot be settled yet');
        return;
      }
      this.#unsettled.delete(work);
      this.#users -= 1;
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
