import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Meter, type Measured } from '../blobs/meter.js';
import { noSuchImage } from '../domain/access.js';
import { isDeleted, type Image } from '../domain/image.js';
import { isRegistryError, RegistryError } from '../errors.js';
import { publicImage } from './events.js';
import { HeldLease } from './lease.js';
import type { Parts } from './parts.js';
import { QuotaGate } from './quota-gate.js';
import { settle, settleQuota } from './settle.js';

const TAKEN = 'The image was taken from this upload.';

/** Data on its way into a store. */
export interface Incoming {
  /** Begins to read; called at most once. */
  readonly open: (signal: AbortSignal) => Readable | Promise<Readable>;
  /** Bytes, when known beforehand. */
  readonly length: number | null;
}

/** One try to bring data to an image, from the lease to `active` or to nothing left. */
export class Attempt {
  /** Id of the image. */
  readonly image: string;
  readonly #parts: Parts;
  readonly #held: HeldLease;
  readonly #ended: AbortController;

  private constructor(parts: Parts, held: HeldLease, ended: AbortController) {
    this.image = held.lease.image;
    this.#parts = parts;
    this.#held = held;
    this.#ended = ended;
  }

  /**
   * Takes a lease: from now on whatever happens to this process, the attempt is cleaned up.
   * @param process the name of this process
   * @throws RegistryError `unavailable`
   */
  static async begin(parts: Parts, image: Image, process: string): Promise<Attempt> {
    const attempt = crypto.randomUUID();
    const { name: store } = parts.stores.resolve(image.store);
    const lease = { image: image.id, attempt, store, key: attempt, process, owner: image.owner, counter: 0 };
    const ended = new AbortController();
    const held = await HeldLease.take(parts, lease, (reason) =>
      ended.abort(new RegistryError('deleted_meanwhile', reason)),
    );
    return new Attempt(parts, held, ended);
  }

  /** Ends the attempt with an error. */
  abort(error: RegistryError): void {
    this.#ended.abort(error);
  }

  /**
   * Makes a queued image this attempt's own.
   * @param status `saving` when its data comes now, `queued` when it will come later
   * @throws RegistryError `conflict` when another attempt has it, `not_found` when it is gone
   */
  async claim(status: 'queued' | 'saving'): Promise<Image> {
    const { catalogue, clock } = this.#parts;
    const { attempt } = this.#held.lease;
    const claimed = await catalogue.update(this.image, (image) =>
      image.status === 'queued' && (image.attempt === null || image.attempt === attempt)
        ? { ...image, status, attempt, updated_at: clock.now() }
        : null,
    );
    if (claimed === undefined || isDeleted(claimed.image)) throw noSuchImage();
    if (claimed.image.attempt === attempt && claimed.image.status === status) return claimed.image;
    throw new RegistryError('conflict', 'The image has data, or data is on its way to it.');
  }

  /**
   * Stores the data and makes the image active.
   * @returns the active image
   * @throws RegistryError `bad_request`, `conflict`, `deleted_meanwhile`, `too_large`, those of the stores; nothing is left then
   */
  async run(data: Incoming, signal?: AbortSignal): Promise<Image> {
    const { lease } = this.#held;
    const all = signal === undefined ? this.#ended.signal : AbortSignal.any([signal, this.#ended.signal]);
    try {
      all.throwIfAborted();
      const room = await this.#parts.quota.reserve(lease.owner, lease.attempt, data.length);
      const image = await this.claim('saving');
      const stored = await this.#store(image, data, room, all);
      return await this.#activate(stored);
    } catch (error) {
      throw await this.fail(error);
    } finally {
      await this.#held.stop();
    }
  }

  /** Cleans up after a failure, or leaves that to the janitor. */
  async fail(error: unknown): Promise<RegistryError> {
    const failure = isRegistryError(error)
      ? error
      : new RegistryError('bad_request', 'The upload was broken off.', { cause: error });
    await this.#held.stop();
    try {
      const taken = failure.code === 'unavailable' && !(await this.#parts.leases.renew(this.#held.lease));
      await settle(this.#parts, this.#held.lease, failure.publicText);
      // Whoever took the lease removed the data too, so that the store could not finish it.
      if (taken) return new RegistryError('deleted_meanwhile', TAKEN, { cause: failure });
    } catch (later) {
      this.#parts.log.warn({ err: later, image: this.image }, 'a failed upload was left to the janitor');
    }
    return failure;
  }

  async #store(image: Image, data: Incoming, room: number, signal: AbortSignal): Promise<Stored> {
    const { lease } = this.#held;
    const { stores, quota, limits } = this.#parts;
    const source = await data.open(signal);
    const meter = new Meter({ limit: limits.imageSizeCap });
    const size = data.length === null ? {} : { size: data.length };
    const writing = stores.at(lease).write(lease.key, meter, { ...size, signal });
    const gate = new QuotaGate(room, (needed) => quota.grow(lease.owner ?? '', lease.attempt, needed, true));
    const piping = pipeline([source, ...(room === Infinity ? [] : [gate]), meter], { signal });
    // Either side's failure ends the other; both are awaited, so that nothing goes on behind the answer.
    const [written, piped] = await Promise.allSettled([writing, piping]);
    if (piped.status === 'rejected' && written.status === 'fulfilled') throw asError(piped.reason);
    if (written.status === 'rejected') throw asError(signal.aborted ? signal.reason : written.reason);
    const measured = meter.result();
    checkMeasured(image, measured);
    return { ...measured, location: written.value.location };
  }

  async #activate(stored: Stored): Promise<Image> {
    const { catalogue, clock, events } = this.#parts;
    const { lease } = this.#held;
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
    await this.#release(active.image);
    events.tell('image.upload', publicImage(active.image));
    events.tell('image.activate', publicImage(active.image));
    return active.image;
  }

  /** The image is active; a lease that stays behind is found by the janitor, which keeps the data. */
  async #release(image: Image): Promise<void> {
    const { lease } = this.#held;
    try {
      await settleQuota(this.#parts.quota, lease, image);
      await this.#parts.leases.remove(lease.attempt);
    } catch (error) {
      this.#parts.log.warn({ err: error, image: lease.image }, 'a lease was left to the janitor');
    }
  }
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
