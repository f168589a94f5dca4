import type { Lease } from '../catalogue/lease-book.js';
import type { Image } from '../domain/image.js';
import type { Parts } from './parts.js';

/** The lease of an upload of this process: shows signs of life until it is ended. */
export class HeldLease {
  readonly lease: Lease;
  readonly #parts: Parts;
  readonly #lost: (reason: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;

  private constructor(parts: Parts, lease: Lease, lost: (reason: string) => void) {
    this.#parts = parts;
    this.lease = lease;
    this.#lost = lost;
  }

  /**
   * Writes the lease and keeps it fresh.
   * @param lost called when the upload must end: its image was taken from it, by a deletion or by another process's janitor
   * @throws RegistryError `unavailable`
   */
  static async take(parts: Parts, lease: Lease, lost: (reason: string) => void): Promise<HeldLease> {
    await parts.leases.put(lease);
    const held = new HeldLease(parts, lease, lost);
    held.#timer = setInterval(() => {
      // A key space that is slower than that must not get more and more to do.
      held.#renewing ??= held.#renew().finally(() => (held.#renewing = undefined));
    }, parts.leaseTime / 4);
    held.#timer.unref();
    return held;
  }

  /** Stops the signs of life; the lease itself stays until it is settled. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing;
  }

  async #renew(): Promise<void> {
    const { image, attempt } = this.lease;
    try {
      const renewed = await this.#parts.leases.renew(this.lease);
      const current = await this.#parts.catalogue.get(image);
      if (!renewed || !isWaitingFor(current?.image, attempt))
        this.#lost('The image was taken from this upload.');
    } catch (error) {
      // The next renewal may succeed, and another process judges only after several.
      this.#parts.log.warn({ err: error, image, attempt }, 'an upload could not renew its lease');
    }
  }
}

/** Whether the image is this attempt's, or free for it to claim. */
function isWaitingFor(image: Image | undefined, attempt: string): boolean {
  return image?.attempt === attempt || (image?.status === 'queued' && image.attempt === null);
}
