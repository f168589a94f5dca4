import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Meter, type Measured } from '../blobs/meter.js';
import type { Lease } from '../catalogue/lease-book.js';
import { noSuchImage } from '../domain/access.js';
import type { Image } from '../domain/image.js';
import { requireFormats } from '../domain/image-rules.js';
import { isRegistryError, RegistryError } from '../errors.js';
import { publicImage } from './events.js';
import { HeldLease } from './lease.js';
import type { Parts } from './parts.js';
import { processIdentity } from './process-identity.js';
import { QuotaGate } from './quota-gate.js';
import { settle, settleQuota } from './settle.js';

/** Data that a caller brings for an image. */
export interface ImageData {
  /** Begins to read; called at most once, and not at all when the upload is refused before. */
  readonly open: () => Readable;
  /** Bytes, when known beforehand. */
  readonly length: number | null;
  /** Why the data must not be stored though the image is otherwise ready for it: it is killed then, as the reference does. */
  readonly refusal?: string;
}

/** The only place that joins records and bytes. */
export class Transfer {
  readonly #parts: Parts;
  #process: Promise<string> | undefined;
  /** The uploads that are going on, by attempt. */
  readonly #running = new Map<string, Running>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Stores the data of a queued image and makes it active.
   * @returns the active image
   * @throws RegistryError `bad_request` formats missing, broken off, wrong size or checksum; `conflict` not queued;
   *   `deleted_meanwhile`; `too_large`; those of the stores
   */
  async upload(image: Image, data: ImageData, signal: AbortSignal): Promise<Image> {
    requireFormats(image);
    if (data.refusal !== undefined) throw await this.#refuse(image, data.refusal);
    const { name: store } = this.#parts.stores.resolve(image.store);
    const attempt = crypto.randomUUID();
    this.#process ??= processIdentity();
    const lease = {
      image: image.id,
      attempt,
      store,
      key: attempt,
      process: await this.#process,
      owner: image.owner,
      counter: 0,
    };
    const ended = new AbortController();
    const held = await HeldLease.take(this.#parts, lease, (reason) =>
      ended.abort(new RegistryError('deleted_meanwhile', reason)),
    );
    const running = {
      ended,
      done: this.#attempt(held, image, data, AbortSignal.any([signal, ended.signal])),
    };
    this.#running.set(attempt, { image: image.id, ...running });
    try {
      return await running.done;
    } finally {
      this.#running.delete(attempt);
      await held.stop();
    }
  }

  async #attempt(held: HeldLease, image: Image, data: ImageData, signal: AbortSignal): Promise<Image> {
    const { lease } = held;
    try {
      const room = await this.#parts.quota.reserve(lease.owner, lease.attempt, data.length);
      await this.#claim(image.id, lease.attempt);
      const stored = await this.#store(lease, image, data, room, signal);
      return await this.#activate(lease, stored);
    } catch (error) {
      throw await this.#fail(held, error);
    }
  }

  /** Ends an upload of this process, because its image is deleted. */
  abort(id: string): void {
    for (const { image, ended } of this.#running.values())
      if (image === id)
        ended.abort(new RegistryError('deleted_meanwhile', 'The image was deleted during the upload.'));
  }

  /** Ends all uploads of this registry and waits until nothing is left of them. */
  async close(): Promise<void> {
    for (const { ended } of this.#running.values())
      ended.abort(new RegistryError('unavailable', 'the registry is closing'));
    await Promise.allSettled([...this.#running.values()].map(({ done }) => done));
  }

  /**
   * Opens the data of an active image.
   * @param range bytes to send, both ends inclusive
   * @returns null when what is stored has not the size of the image: nothing of it may look like success
   * @throws RegistryError `not_found`, `forbidden` for a deactivated image, those of the stores
   */
  async download(
    image: Image,
    range: { readonly start: number; readonly end: number } | null,
    signal: AbortSignal,
  ): Promise<Readable | null> {
    const [location] = image.locations;
    if (location === undefined || !('store' in location)) throw noSuchImage();
    const store = this.#parts.stores.at(location);
    const { size } = await store.stat(location.key);
    if (size !== image.size) {
      this.#parts.log.error(
        { image: image.id, size: image.size, stored: size },
        'a blob has not the size of its image',
      );
      return null;
    }
    return store.read(location.key, { ...range, signal });
  }

  async #refuse(image: Image, reason: string): Promise<RegistryError> {
    await this.#parts.catalogue.update(image.id, (current) =>
      current.status === 'queued'
        ? { ...current, status: 'killed', message: reason, updated_at: this.#parts.clock.now() }
        : null,
    );
    return new RegistryError('bad_request', reason);
  }

  async #claim(id: string, attempt: string): Promise<void> {
    const claimed = await this.#parts.catalogue.update(id, (image) =>
      image.status === 'queued'
        ? { ...image, status: 'saving', attempt, updated_at: this.#parts.clock.now() }
        : null,
    );
    if (claimed?.image.attempt === attempt) return;
    if (claimed === undefined || claimed.image.status === 'deleted') throw noSuchImage();
    throw new RegistryError('conflict', 'The image has data, or an upload is going on.');
  }

  async #store(
    lease: Lease,
    image: Image,
    data: ImageData,
    room: number,
    signal: AbortSignal,
  ): Promise<Stored> {
    const meter = new Meter({ limit: this.#parts.limits.imageSizeCap });
    const size = data.length === null ? {} : { size: data.length };
    const writing = this.#parts.stores.at(lease).write(lease.key, meter, { ...size, signal });
    // Either side's failure ends the other; the write's own error tells more, so it is awaited first.
    const gate = new QuotaGate(room, (needed) =>
      this.#parts.quota.grow(lease.owner ?? '', lease.attempt, needed, true),
    );
    const piping = pipeline([data.open(), ...(room === Infinity ? [] : [gate]), meter], { signal });
    const [written, piped] = await Promise.allSettled([writing, piping]);
    if (piped.status === 'rejected' && written.status === 'fulfilled') throw asError(piped.reason);
    if (written.status === 'rejected') throw asError(signal.aborted ? signal.reason : written.reason);
    const measured = meter.result();
    checkMeasured(image, measured);
    return { ...measured, location: written.value.location };
  }

  async #activate(lease: Lease, stored: Stored): Promise<Image> {
    const { catalogue, clock, events } = this.#parts;
    const active = await catalogue.update(lease.image, (image) =>
      image.status === 'saving' && image.attempt === lease.attempt
        ? {
            ...image,
            status: 'active',
            size: stored.size,
            checksum: stored.md5,
            os_hash_algo: 'sha512',
            os_hash_value: stored.sha512,
            locations: [{ store: lease.store, key: stored.location, metadata: {}, status: 'active' }],
            updated_at: clock.now(),
          }
        : null,
    );
    if (active?.image.attempt !== lease.attempt)
      throw new RegistryError('deleted_meanwhile', 'The image was deleted during the upload.');
    await this.#release(lease, active.image);
    events.emit('image.upload', publicImage(active.image));
    events.emit('image.activate', publicImage(active.image));
    return active.image;
  }

  /** The image is active; a lease that stays behind is found by the janitor, which keeps the data. */
  async #release(lease: Lease, image: Image): Promise<void> {
    try {
      await settleQuota(this.#parts.quota, lease, image);
      await this.#parts.leases.remove(lease.attempt);
    } catch (error) {
      this.#parts.log.warn({ err: error, image: lease.image }, 'a lease was left to the janitor');
    }
  }

  /** Cleans up after a failed attempt, or leaves that to the janitor. */
  async #fail(held: HeldLease, error: unknown): Promise<RegistryError> {
    const failure = isRegistryError(error)
      ? error
      : new RegistryError('bad_request', 'The upload was broken off.', { cause: error });
    await held.stop();
    try {
      await settle(this.#parts, held.lease, failure.publicText);
    } catch (later) {
      this.#parts.log.warn(
        { err: later, image: held.lease.image },
        'a failed upload was left to the janitor',
      );
    }
    return failure;
  }
}

interface Running {
  readonly image: string;
  readonly ended: AbortController;
  readonly done: Promise<Image>;
}

interface Stored extends Measured {
  readonly location: string;
}

/** What the client said of the data beforehand must be true. */
function checkMeasured(image: Image, measured: Measured): void {
  if (image.size !== null && image.size !== measured.size)
    throw new RegistryError(
      'bad_request',
      `The image was to have ${image.size} bytes, ${measured.size} came.`,
    );
  if (image.checksum !== null && measured.md5 !== null && image.checksum.toLowerCase() !== measured.md5)
    throw new RegistryError(
      'bad_request',
      `The image was to have the checksum ${image.checksum}, it has ${measured.md5}.`,
    );
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
