import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Meter } from '../blobs/meter.js';
import { VirtualSizeProbe } from '../domain/virtual-size/virtual-size-probe.js';
import { blobOf, newBlob, type NewBlob } from '../domain/blob-entries.js';
import type { BlobEntry, Image } from '../domain/image.js';
import { withData, withStaged, type LandedData } from '../domain/landed-data.js';
import { timeAfter } from '../domain/times.js';
import { isRegistryError, RegistryError } from '../errors.js';
import { publicImage } from '../domain/public-image.js';
import { checkMeasured, factsOf } from './check-measured.js';
import type { Actor } from './events.js';
import { reasonToStop, type Writer } from './heartbeat.js';
import type { Parts } from './parts.js';
import { QuotaGate } from './quota-gate.js';
import { quotaOf, settleQuota } from './quota-of.js';
import { settleBlob, type Ending, type Settled } from './settle.js';

/** Data on its way into a store. */
export interface DataSource {
  /** Begins to read; called at most once. */
  readonly open: (signal: AbortSignal) => Readable | Promise<Readable>;
  /** Bytes, when known beforehand. */
  readonly length: number | null;
  /** Bytes that the caller has announced besides; other data is refused. Default: the size that the image has. */
  readonly size?: number;
  /** Whether the size that a guest sees is looked for in the data. Default false: it is what the image's metadata says. */
  readonly findsVirtualSize?: boolean;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** What the image becomes when there is no room for its data, so that nothing was read of it. Default: as after any failure. */
  readonly refused?: 'queued';
}

/** One try to bring data to an image, from its entry in the record to `active`, or staged, or to nothing left. */
export class Attempt implements Writer {
  /** Who brings the data. */
  readonly by: Actor;
  /** Resolves when nothing of it goes on any more. */
  readonly ended: Promise<void>;
  readonly #parts: Parts;
  readonly #stop = new AbortController();
  #end = (): void => undefined;
  #blob: BlobEntry | undefined;
  #image = '';
  #isEntered = false;
  #hasBytes = false;

  constructor(parts: Parts, by: Actor) {
    this.#parts = parts;
    this.by = by;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  /**
   * Makes sure that the record of this registry is durable, so that whatever happens to this process, the entry to come is found and settled.
   * To be followed by `enter`.
   * @throws RegistryError `unavailable`; the attempt is over then
   */
  async begin(): Promise<this> {
    try {
      await this.#parts.heartbeat.enter(this);
    } catch (error) {
      this.#end();
      throw error;
    }
    return this;
  }

  /** Id of the image; empty before it was entered. */
  get image(): string {
    return this.#image;
  }

  /** Id of the entry that stands in the image's record, or is about to. */
  get entry(): string | null {
    return this.#blob?.id ?? null;
  }

  /** Whether the entry is known to stand there. */
  get isEntered(): boolean {
    return this.#isEntered;
  }

  /** The entry as it came into the image's record. */
  get blob(): BlobEntry {
    if (this.#blob === undefined) throw new RegistryError('internal', 'no image was claimed');
    return this.#blob;
  }

  /** Aborted when the attempt is ended from outside. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Ends the attempt with an error. */
  abort(error: RegistryError): void {
    this.#stop.abort(error);
  }

  /** The record of an image with the entry of the blob to come; called again when the record has changed meanwhile. */
  claim(image: Image, blob: Pick<NewBlob, 'purpose' | 'onFailure' | 'reserved' | 'before'>): Image {
    const { stores, heartbeat, staging } = this.#parts;
    const { name: store } = stores.toWrite(blob.purpose === 'staging' ? staging.store : image.store);
    this.#blob = newBlob({ ...blob, store, owner: image.owner, process: heartbeat.id });
    return { ...image, blobs: [...image.blobs, this.#blob] };
  }

  /** Ends an attempt whose data was refused, so that no entry came into the record. */
  abandon(): void {
    this.#leave();
  }

  /**
   * Writes the change that puts the entry into an image's record.
   * @throws whatever `write` throws; the attempt is over then
   */
  async enter<T>(image: string, write: () => Promise<T>): Promise<T> {
    this.#image = image;
    try {
      const written = await write();
      this.#isEntered = true;
      return written;
    } catch (error) {
      // It may have happened all the same.
      if (isRegistryError(error, 'unavailable') && this.#blob !== undefined) await this.fail(error, 'queued');
      this.#leave();
      throw error;
    }
  }

  /**
   * Makes an image whose data was waiting for its turn `saving`.
   * @throws RegistryError `deleted_meanwhile`
   */
  async start(): Promise<Image> {
    const { catalogue, clock } = this.#parts;
    const started = await catalogue.update(this.#image, (image) =>
      this.#isWanted(image) ? { ...image, status: 'saving', updated_at: clock.now() } : null,
    );
    this.#requireWanted(started?.image);
    return started.image;
  }

  /**
   * Stores the data and makes the image active, or leaves it to be imported.
   * @param image gives it as it is in the catalogue, with the entry
   * @returns the image as it is then
   * @throws RegistryError `bad_request`, `deleted_meanwhile`, `too_large`, those of the stores; nothing is left then
   */
  async run(image: () => Promise<Image>, data: DataSource, options: RunOptions = {}): Promise<Image> {
    const { id, owner } = this.blob;
    const quota = quotaOf(this.#parts, this.blob);
    const { signal } = options;
    const all = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    let begun = false;
    try {
      all.throwIfAborted();
      const current = await image();
      const room = await quota.reserve(owner, { blob: id, image: this.#image }, data.length, all);
      begun = true;
      return await this.#keep(await this.#store(current, data, room, all));
    } catch (error) {
      // Broken off before its first byte: as if it had never been tried.
      const isVain = !this.#hasBytes && (all.aborted || isRegistryError(error, 'client_gone'));
      const ended = await this.fail(error, isVain ? 'queued' : begun ? undefined : options.refused);
      if (ended instanceof RegistryError) throw ended;
      return ended;
    } finally {
      this.#leave();
    }
  }

  /**
   * Cleans up after a failure, or leaves that to the next beats of the heart.
   * @param status what the image becomes, when that is not what the entry says
   * @returns why it failed; the image when it turns out that it has succeeded
   */
  async fail(error: unknown, status?: 'queued'): Promise<RegistryError | Image> {
    const failure = isRegistryError(error)
      ? error
      : new RegistryError('bad_request', 'The upload was aborted.', { cause: error });
    const ending: Ending = { message: failure.publicText, certain: true, ...(status && { status }) };
    const settle = (): Promise<Settled> => settleBlob(this.#parts, this.#image, this.blob.id, ending);
    try {
      const { image, found } = await settle();
      // An activation that was not acknowledged may have happened all the same.
      if (image !== undefined && found?.state === 'kept') return image;
      // The failure may come of that: whoever has settled it has removed the data, too.
      return found?.state === 'writing' ? failure : (reasonToStop(image, this.blob.id) ?? failure);
    } catch (later) {
      this.#parts.log.warn({ err: later, image: this.#image }, 'a failed upload is settled later');
      this.#parts.heartbeat.retry(this.blob.id, async () => {
        await settle();
      });
      return failure;
    }
  }

  async #store(image: Image, data: DataSource, room: number, signal: AbortSignal): Promise<LandedData> {
    const { stores, limits, threads } = this.#parts;
    const { id, key, owner } = this.blob;
    const quota = quotaOf(this.#parts, this.blob);
    const source = await data.open(signal);
    const probe = data.findsVirtualSize === true ? new VirtualSizeProbe(image) : null;
    const meter = new Meter({
      limit: limits.imageSizeCap,
      announced: image.size,
      hashAlgorithm: limits.hashAlgorithm,
      threads,
      watch: (chunk) => {
        this.#hasBytes = true;
        probe?.add(chunk);
      },
    });
    const size = data.length === null ? {} : { size: data.length };
    const writing = stores.at(this.blob).write(key, meter, { ...size, signal });
    const gate = new QuotaGate(room, (needed) =>
      quota.grow(owner ?? '', { blob: id, image: this.#image }, { needed, ahead: true }, signal),
    );
    const piping = pipeline([source, ...(room === Infinity ? [] : [gate]), meter], { signal });
    // Either side's failure ends the other; both are awaited, so that nothing goes on behind the answer.
    const [written, piped] = await Promise.allSettled([writing, piping]);
    if (piped.status === 'rejected' && written.status === 'fulfilled') throw asError(piped.reason);
    if (written.status === 'rejected') throw asError(signal.aborted ? signal.reason : written.reason);
    const measured = meter.result();
    checkMeasured({ ...image, size: data.size ?? image.size }, measured);
    const facts = factsOf(measured, limits.hashAlgorithm, probe?.result());
    return { location: written.value.location, size: measured.size, facts };
  }

  async #keep(landed: LandedData): Promise<Image> {
    const { catalogue, clock, staging } = this.#parts;
    const kept = await catalogue.update(this.#image, (image) => {
      const entry = blobOf(image, this.blob.id);
      if (entry?.state !== 'writing') return null;
      const now = clock.now();
      return this.#isStaging
        ? withStaged(image, entry, landed, { now, due: timeAfter(now, staging.keep) })
        : withData(image, entry, landed, now);
    });
    if (kept === undefined || blobOf(kept.image, this.blob.id)?.state !== 'kept')
      throw reasonToStop(kept?.image, this.blob.id) ?? new RegistryError('internal', 'not kept');
    await settleQuota(this.#parts, this.blob, kept.image, landed.size);
    this.#tell(kept.image);
    return kept.image;
  }

  #tell(image: Image): void {
    const happened = this.#isStaging
      ? (['image.stage'] as const)
      : (['image.upload', 'image.activate'] as const);
    const told = publicImage(image);
    for (const event of happened) this.#parts.events.tell(event, told, { by: this.by });
  }

  get #isStaging(): boolean {
    return this.blob.purpose === 'staging';
  }

  #isWanted(image: Image): boolean {
    return blobOf(image, this.blob.id)?.state === 'writing';
  }

  #requireWanted(image: Image | undefined): asserts image is Image {
    const reason = reasonToStop(image, this.blob.id);
    if (reason !== null) throw reason;
  }

  #leave(): void {
    this.#parts.heartbeat.leave(this);
    this.#end();
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
