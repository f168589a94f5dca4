import { type ImageCatalogue } from '../catalogue/image-catalogue.js';
import type { Usage, UsageBook } from '../catalogue/usage-book.js';
import { storedBytes } from '../domain/blob-entries.js';
import { STATUSES } from '../domain/image.js';
import { RegistryError } from '../errors.js';

/** An upload of unknown size keeps so many bytes free at first, then twice as many each time. */
const FIRST_STEP = 16 * 1024 * 1024;

/** What the quota works with. */
export interface StorageQuotaParts {
  readonly catalogue: ImageCatalogue;
  readonly usage: UsageBook;
  /** Bytes that the images of one project may have together; 0: no quota. */
  readonly userStorageQuota: number;
  /** Milliseconds between two recounts of a project by this process. */
  readonly recountInterval: number;
}

/**
 * Holds every project to its storage quota. Bytes that are on their way count from the moment they are announced or arrive until they are gone, so
 * that uploads side by side cannot pass the quota together. A crash can leave a count too high, never an upload uncounted: before
 * anything is refused the images are counted anew.
 */
export class StorageQuota {
  readonly #parts: StorageQuotaParts;
  readonly #recounted = new Map<string, number>();

  constructor(parts: StorageQuotaParts) {
    this.#parts = parts;
  }

  /** Whether a quota is set for this owner. */
  appliesTo(owner: string | null): owner is string {
    return this.#parts.userStorageQuota > 0 && owner !== null;
  }

  /**
   * Refuses data that there is no room for now, before anything is written for it.
   * @throws RegistryError `too_large`
   */
  async check(owner: string | null, bytes: number): Promise<void> {
    if (!this.appliesTo(owner)) return;
    const { usage: book, userStorageQuota } = this.#parts;
    for (;;) {
      const usage = await book.get(owner);
      if (usage === undefined) {
        // The project may have images from before there was a quota.
        await this.#recount(owner);
        continue;
      }
      if (usage.bytes + sum(usage.pending, '') + bytes <= userStorageQuota) return;
      if (!(await this.#recountIfDue(owner))) throw this.#exceeded();
    }
  }

  /**
   * Keeps room for a blob whose entry stands in its image's record.
   * @param blob id of the entry
   * @param bytes its size as announced; null: unknown, `grow` follows
   * @returns bytes that may come before `grow` must be asked
   * @throws RegistryError `too_large`
   */
  async reserve(owner: string | null, blob: string, image: string, bytes: number | null): Promise<number> {
    if (!this.appliesTo(owner)) return Infinity;
    if ((await this.#parts.usage.get(owner)) === undefined) await this.#recount(owner);
    return this.grow(owner, blob, image, bytes ?? 0, bytes === null);
  }

  /**
   * Keeps more room for an upload that is going on.
   * @param needed bytes that it has in all
   * @param ahead keep some for what follows, too
   * @returns bytes that may come in all before `grow` must be asked again
   * @throws RegistryError `too_large`
   */
  async grow(owner: string, blob: string, image: string, needed: number, ahead: boolean): Promise<number> {
    const { userStorageQuota } = this.#parts;
    for (;;) {
      const changed = await this.#change(owner, (usage) => {
        const free = userStorageQuota - usage.bytes - sum(usage.pending, blob);
        if (needed > free) return null;
        const kept = Math.min(free, ahead ? Math.max(FIRST_STEP, needed * 2) : needed);
        return { ...usage, pending: { ...usage.pending, [blob]: { image, bytes: kept } } };
      });
      if (changed !== null) return changed.pending[blob]?.bytes ?? 0;
      if (!(await this.#recountIfDue(owner))) throw this.#exceeded();
    }
  }

  /** Ends the writing of a blob: its room becomes `bytes` of stored data, 0 when it failed. Doing it twice does no harm. */
  async settle(owner: string | null, blob: string, bytes: number): Promise<void> {
    if (!this.appliesTo(owner)) return;
    await this.#change(owner, (usage) => {
      if (!Object.hasOwn(usage.pending, blob)) return null;
      const pending = Object.fromEntries(Object.entries(usage.pending).filter(([name]) => name !== blob));
      return { ...usage, bytes: usage.bytes + bytes, pending };
    });
  }

  /** Counts stored data that is gone now, or, negative, that another project has handed over. */
  async release(owner: string | null, bytes: number): Promise<void> {
    if (!this.appliesTo(owner) || bytes === 0) return;
    if ((await this.#parts.usage.get(owner)) === undefined) return;
    await this.#change(owner, (usage) => ({ ...usage, bytes: Math.max(0, usage.bytes - bytes) }));
  }

  /** @returns the new usage; null when `change` left it alone */
  async #change(owner: string, change: (usage: Usage) => Usage | null): Promise<Usage | null> {
    const { usage: book } = this.#parts;
    for (;;) {
      const current = await book.get(owner);
      const next = change(current ?? { project: owner, bytes: 0, pending: {} });
      if (next === null || (await book.put(next, current?.revision ?? 0))) return next;
    }
  }

  #exceeded(): RegistryError {
    const { userStorageQuota } = this.#parts;
    return new RegistryError(
      'too_large',
      `The images of a project may have ${userStorageQuota} bytes together.`,
    );
  }

  /** A crash may have left the count too high: once in a while it is worth a look at the images themselves. */
  async #recountIfDue(owner: string): Promise<boolean> {
    const last = this.#recounted.get(owner);
    if (last !== undefined && performance.now() - last < this.#parts.recountInterval) return false;
    await this.#recount(owner);
    return true;
  }

  async #recount(owner: string): Promise<void> {
    const { usage: book } = this.#parts;
    this.#recounted.set(owner, performance.now());
    for (;;) {
      const current = await book.get(owner);
      const pending = await this.#stillPending(current?.pending ?? {});
      const bytes = await this.#count(owner, pending);
      if (await book.put({ project: owner, bytes, pending }, current?.revision ?? 0)) return;
    }
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
      bytes += storedBytes({ blobs: blobs.filter(({ id }) => !Object.hasOwn(pending, id)) });
    return bytes;
  }
}

function sum(pending: Usage['pending'], except: string): number {
  return Object.entries(pending).reduce((all, [id, { bytes }]) => (id === except ? all : all + bytes), 0);
}
