import { type ImageCatalogue } from '../catalogue/image-catalogue.js';
import type { PendingRoom, Usage, UsageBook } from '../catalogue/usage-book.js';
import { STATUSES, type Image } from '../domain/image.js';
import { RegistryError } from '../errors.js';
import { UsageQueue, type UsageDraft } from './usage-queue.js';

/** An upload of unknown size keeps so many bytes free at first, then twice as many each time. */
const FIRST_STEP = 16 * 1024 * 1024;

/** What the quota works with. */
export interface StorageQuotaParts {
  readonly catalogue: ImageCatalogue;
  readonly usage: UsageBook;
  /** What is counted, for messages: `The images of a project have at most`. */
  readonly what: string;
  /** The bytes of an image that count. */
  readonly bytesOf: (image: Pick<Image, 'blobs'>) => number;
  /** Bytes that count for one project together; 0: no quota. */
  readonly limit: number;
  /** Milliseconds between two recounts of a project by this process. */
  readonly recountInterval: number;
}

/** Whose room it is. */
export interface Room {
  /** Id of the blob's entry. */
  readonly blob: string;
  /** Id of the image. */
  readonly image: string;
}

/** How much room. */
export interface Need {
  /** Bytes in all. */
  readonly needed: number;
  /** Keep some for what follows, too. */
  readonly ahead: boolean;
}

/**
 * Holds every project to its storage quota. Bytes that are on their way count from the moment they are announced or arrive until they are gone, so
 * that uploads side by side cannot pass the quota together. A crash can leave a count too high, never an upload uncounted: before
 * anything is refused the images are counted anew.
 */
export class StorageQuota {
  readonly #parts: StorageQuotaParts;
  readonly #queue: UsageQueue;
  readonly #recounted = new Map<string, number>();
  readonly #recounting = new Map<string, Promise<void>>();

  constructor(parts: StorageQuotaParts) {
    this.#parts = parts;
    this.#queue = new UsageQueue(parts.usage);
  }

  /** Whether a quota is set for this owner. */
  appliesTo(owner: string | null): owner is string {
    return this.#parts.limit > 0 && owner !== null && owner !== '';
  }

  /** What a project uses, data on its way included, and may use, in bytes; 0: no limit. */
  async of(owner: string): Promise<{ readonly used: number; readonly limit: number }> {
    const { usage: book, limit } = this.#parts;
    if (!this.appliesTo(owner)) return { used: 0, limit };
    if ((await book.get(owner)) === undefined) await this.#recount(owner);
    const usage = await book.get(owner);
    return { used: (usage?.bytes ?? 0) + sum(Object.values(usage?.pending ?? {})), limit };
  }

  /**
   * Refuses data that there is no room for now, before anything is written for it.
   * @throws RegistryError `too_large`
   */
  async check(owner: string | null, bytes: number): Promise<void> {
    if (!this.appliesTo(owner)) return;
    const { usage: book, limit } = this.#parts;
    for (let counted = false; ; counted = true) {
      const usage = await book.get(owner);
      if (usage === undefined) {
        // The project may have images from before there was a quota.
        await this.#recount(owner);
        continue;
      }
      if (usage.bytes + sum(Object.values(usage.pending)) + bytes <= limit) return;
      if (counted || !(await this.#recountIfDue(owner))) throw this.#exceeded();
    }
  }

  /**
   * Keeps room for a blob whose entry stands in its image's record.
   * @param bytes its size as announced; null: unknown, `grow` follows
   * @param signal of the client, who waits no longer than it is there
   * @returns bytes that may come before `grow` must be asked
   * @throws RegistryError `too_large`; the signal's reason. What was kept all the same, `settle` gives back
   */
  async reserve(
    owner: string | null,
    room: Room,
    bytes: number | null,
    signal?: AbortSignal,
  ): Promise<number> {
    if (!this.appliesTo(owner)) return Infinity;
    if ((await this.#parts.usage.get(owner)) === undefined) await this.#recount(owner);
    return this.grow(owner, room, { needed: bytes ?? 0, ahead: bytes === null }, signal);
  }

  /**
   * Keeps more room for an upload that is going on.
   * @returns bytes that may come in all before `grow` must be asked again
   * @throws as `reserve`
   */
  async grow(
    owner: string,
    { blob, image }: Room,
    { needed, ahead }: Need,
    signal?: AbortSignal,
  ): Promise<number> {
    const { limit } = this.#parts;
    let kept = 0;
    const keep = ({ bytes, pending }: UsageDraft): boolean => {
      const others = sum(pending.values()) - (pending.get(blob)?.bytes ?? 0);
      const free = limit - bytes - others;
      if (needed > free) return false;
      kept = Math.min(free, ahead ? Math.max(FIRST_STEP, needed * 2) : needed);
      pending.set(blob, { image, bytes: kept });
      return true;
    };
    // In a large catalogue a count may take longer than the time between two of them.
    for (let counted = false; ; counted = true) {
      if (await this.#queue.change(owner, keep, signal)) return kept;
      if (counted || !(await this.#recountIfDue(owner))) throw this.#exceeded();
    }
  }

  /** Ends the writing of a blob: its room becomes `bytes` of stored data, 0 when it failed. Doing it twice does no harm. */
  async settle(owner: string | null, blob: string, bytes: number): Promise<void> {
    if (!this.appliesTo(owner)) return;
    await this.#queue.change(owner, (usage) => {
      if (!usage.pending.delete(blob)) return false;
      usage.bytes += bytes;
      return true;
    });
  }

  /** Counts stored data that is gone now, or, negative, that another project has handed over. */
  async release(owner: string | null, bytes: number): Promise<void> {
    if (!this.appliesTo(owner) || bytes === 0) return;
    if ((await this.#parts.usage.get(owner)) === undefined) return;
    await this.#queue.change(owner, (usage) => {
      usage.bytes = Math.max(0, usage.bytes - bytes);
      return true;
    });
  }

  #exceeded(): RegistryError {
    const { what, limit } = this.#parts;
    return new RegistryError('too_large', `${what} ${limit} bytes in total.`);
  }

  /** A crash may have left the count too high: once in a while it is worth a look at the images themselves. */
  async #recountIfDue(owner: string): Promise<boolean> {
    const going = this.#recounting.get(owner);
    if (going !== undefined) {
      await going;
      return true;
    }
    const last = this.#recounted.get(owner);
    if (last !== undefined && performance.now() - last < this.#parts.recountInterval) return false;
    await this.#recount(owner);
    return true;
  }

  /** Whoever wants it while it is going on shares it. */
  #recount(owner: string): Promise<void> {
    const known = this.#recounting.get(owner);
    if (known !== undefined) return known;
    this.#recounted.set(owner, performance.now());
    const counting = this.#queue
      .replace(owner, async (current) => {
        const pending = await this.#stillPending(current?.pending ?? {});
        return { project: owner, bytes: await this.#count(owner, pending), pending };
      })
      .finally(() => this.#recounting.delete(owner));
    this.#recounting.set(owner, counting);
    return counting;
  }

  /** Room is given back when its blob is whole or gone: whoever should have done so has died. */
  async #stillPending(pending: Usage['pending']): Promise<Usage['pending']> {
    const rooms = Object.entries(pending);
    const images = await this.#parts.catalogue.getMany(rooms.map(([, { image }]) => image));
    return Object.fromEntries(
      rooms.filter(([id], index) =>
        images[index]?.blobs.some((blob) => blob.id === id && blob.location === null),
      ),
    );
  }

  /** Bytes of a project's images; those that are still pending are counted there. */
  async #count(owner: string, pending: Usage['pending']): Promise<number> {
    let bytes = 0;
    const scopes = [{ kind: 'owner', project: owner } as const];
    for await (const { blobs } of this.#parts.catalogue.walk({ scopes, statuses: STATUSES, sortKey: 'id' }))
      bytes += this.#parts.bytesOf({ blobs: blobs.filter(({ id }) => !Object.hasOwn(pending, id)) });
    return bytes;
  }
}

function sum(rooms: Iterable<PendingRoom>): number {
  let all = 0;
  for (const { bytes } of rooms) all += bytes;
  return all;
}
