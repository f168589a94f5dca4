import { blobOf } from '../domain/blob-entries.js';
import type { Image } from '../domain/image.js';
import { withImportBegun, withImportGivenUp, withLanded, withMissed } from '../domain/imports.js';
import type { LandedData } from '../domain/landed-data.js';
import { publicImage } from '../domain/public-image.js';
import type { Time } from '../domain/times.js';
import { isRegistryError, RegistryError } from '../errors.js';
import { comeOrEnded } from './copies.js';
import type { Actor } from './events.js';
import { reasonToStop } from './heartbeat.js';
import { afterImport } from './import-aftermath.js';
import type { ImportLeg } from './import-leg.js';
import { importPass, type ImportData, type LostLeg } from './import-pass.js';
import type { Parts } from './parts.js';
import type { Running } from './transfer.js';
import type { Turn } from './turns.js';

export interface ImportRunOptions {
  readonly by: Actor;
  /** Id of the image. */
  readonly image: string;
  /** Id of the task. */
  readonly task: string;
  readonly legs: readonly ImportLeg[];
  /** Whether one store that fails ends all. */
  readonly mustAll: boolean;
}

/** One import at work, from its entries in the record to the end of its task. */
export class ImportRun implements Running {
  readonly ended: Promise<void>;
  readonly #parts: Parts;
  readonly #options: ImportRunOptions;
  readonly #stop = new AbortController();
  #end = (): void => undefined;

  constructor(parts: Parts, options: ImportRunOptions) {
    this.#parts = parts;
    this.#options = options;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    const { legs, mustAll } = options;
    for (const { signal } of legs)
      signal.addEventListener('abort', () => {
        if (mustAll || legs.every((leg) => leg.signal.aborted)) this.#stop.abort(signal.reason);
      });
  }

  get image(): string {
    return this.#options.image;
  }

  /** Ends it with an error. */
  abort(error: RegistryError): void {
    this.#stop.abort(error);
  }

  /**
   * Makes sure that the record of this registry is durable, so that whatever happens to this process, the entries are found and settled; then
   * writes the change that puts them into the image's record.
   * @throws RegistryError `unavailable`; whatever `write` throws; the import is over then
   */
  async enter<T>(write: () => Promise<T>): Promise<T> {
    const { legs } = this.#options;
    try {
      for (const leg of legs) await this.#parts.heartbeat.enter(leg);
      const written = await write();
      for (const leg of legs) leg.isEntered = true;
      return written;
    } catch (error) {
      // It may have happened all the same.
      if (isRegistryError(error, 'unavailable') && legs.some(({ entry }) => entry !== null))
        await this.#giveUp(error);
      this.#leave();
      throw error;
    }
  }

  /** Does the work in its turn; what becomes of it shows in the record. Never rejects. */
  async run(turn: Turn, data: ImportData): Promise<void> {
    const { legs, mustAll } = this.#options;
    try {
      await comeOrEnded(turn, this.#stop.signal);
      this.#stop.signal.throwIfAborted();
      const image = await this.#change((current, now) => {
        this.#requireWanted(current);
        return withImportBegun(current, this.#options.task, now);
      });
      if (image === undefined) throw gone();
      const progress = (bytes: number): void => this.#tell(image, bytes, data.length);
      const land = (leg: ImportLeg, landed: LandedData): Promise<void> => this.#land(leg, landed);
      const pass = { image, data, legs, mustAll, stop: this.#stop, progress, land };
      for (const lost of await importPass(this.#parts, pass)) await this.#miss(lost);
    } catch (error) {
      await this.#giveUp(error);
    } finally {
      turn.end();
      this.#leave();
    }
  }

  async #land(leg: ImportLeg, landed: LandedData): Promise<void> {
    const image = await this.#change((current, now) => withLanded(current, leg.blob.id, landed, now));
    // Nobody has to look whether it is still wanted any more.
    this.#parts.heartbeat.leave(leg);
    if (image !== undefined && blobOf(image, leg.blob.id)?.state === 'kept') return;
    throw reasonToStop(image, leg.blob.id) ?? new RegistryError('internal', 'the blob was not kept');
  }

  async #miss({ leg, reason }: LostLeg): Promise<void> {
    const { image, store } = leg;
    this.#parts.log.warn({ err: reason, image, store }, 'a store has not taken an import');
    await this.#change((current, now) =>
      withMissed(current, leg.blob.id, { message: textOf(reason), now, due: now }),
    );
  }

  /** Cleans up after a failure, or leaves that to the next beats of the heart. */
  async #giveUp(error: unknown): Promise<void> {
    const { heartbeat, log } = this.#parts;
    const { image, task, legs } = this.#options;
    log.warn({ err: error, image }, 'an import failed');
    const settle = async (): Promise<void> => {
      await this.#change((current, now) =>
        withImportGivenUp(current, task, { message: textOf(error), now, due: now }),
      );
    };
    try {
      await settle();
    } catch (later) {
      log.warn({ err: later, image }, 'a failed import is settled later');
      for (const { entry } of legs) if (entry !== null) heartbeat.retry(entry, settle);
    }
  }

  /** Changes the record, and does what follows from that. @returns undefined when there is no record any more */
  async #change(change: (image: Image, now: Time) => Image | null): Promise<Image | undefined> {
    const { catalogue, clock } = this.#parts;
    const seen: { before?: Image } = {};
    const changed = await catalogue.update(this.image, (image) => {
      seen.before = image;
      return change(image, clock.now());
    });
    if (changed === undefined) return undefined;
    const { by, task } = this.#options;
    if (seen.before !== undefined) await afterImport(this.#parts, seen.before, changed.image, by, task);
    return changed.image;
  }

  #requireWanted(image: Image): void {
    for (const { blob } of this.#options.legs) {
      const reason = reasonToStop(image, blob.id);
      if (reason !== null) throw reason;
    }
  }

  #tell(image: Image, bytes: number, size: number | null): void {
    const { by, task } = this.#options;
    const status = 'processing';
    this.#parts.events.tell('image.import', publicImage(image), { by, task, status, bytes, size });
  }

  #leave(): void {
    for (const leg of this.#options.legs) this.#parts.heartbeat.leave(leg);
    this.#end();
  }
}

function gone(): RegistryError {
  return new RegistryError('deleted_meanwhile', 'The image was deleted during the import.');
}

/** For the image's owner. */
function textOf(error: unknown): string {
  return isRegistryError(error) ? error.publicText : 'The import was aborted.';
}
