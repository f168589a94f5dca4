import { firstChore } from '../domain/image-chores.js';
import { RegistryError } from '../errors.js';
import { VISIBILITIES, type Image } from '../domain/image.js';
import type { Filter, ImageQuery, Pace, SortKey } from '../domain/query.js';
import { checkRows, type RowFault } from './check-rows.js';
import { collectRecords } from './collect-records.js';
import type { CatalogueSpace } from './catalogue-space.js';
import type { RowKey, StoredRecord } from './key-space.js';
import { listImages } from './listing.js';
import { listingPrefix } from './listing-rows.js';
import { decodeId, isImageId } from './row-encoding.js';
import {
  imageKey,
  imageOf,
  isTombstone,
  DOOMED_ROWS,
  doomedRow,
  type Tombstone,
  WRITTEN_ROWS,
  writerOf,
  writtenBy,
  writtenRow,
} from './rows.js';

/** An image as it stands in the catalogue. */
export interface Versioned {
  readonly image: Image;
  /** 1 or more, another one after each change. */
  readonly revision: number;
}

/** What a walk goes through, and in which order. */
export interface Walk extends Pick<ImageQuery, 'scopes' | 'statuses'> {
  readonly sortKey: SortKey;
  readonly filters?: readonly Filter[];
}

/** Images that one step of a walk takes. */
const WALK = 500;
/** The greatest id there can be. */
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

const withoutBlobs: Filter = { test: ({ blobs }) => blobs.length === 0 };

function updatedBefore(time: string): Filter {
  return {
    test: ({ updated_at }) => updated_at < time,
    index: { kind: 'field', field: 'updated_at', ranges: [{ max: time }] },
  };
}

/** Behind every time there can be. */
const LATEST = '~';

/** How often an update is tried: every failure means that another one succeeded, so this is a crowd, or a fault. */
const UPDATE_TRIES = 1000;

/**
 * All images with the indexes that listings need, on an ordered key space. Images are never taken out: a deleted one
 * keeps its record, so that its id is not used again. Every method throws RegistryError `unavailable` when the key
 * space cannot be reached or is too slow.
 */
export class ImageCatalogue {
  readonly #space: CatalogueSpace;

  constructor(space: CatalogueSpace) {
    this.#space = space;
  }

  /**
   * Makes the key space ready, for the other books too; called once before anything else.
   * @throws RegistryError `unavailable`, also when it has rows of another version
   */
  async open(): Promise<void> {
    await this.#space.open();
  }

  /** Releases what the key space has taken, if anything; called last. */
  async close(): Promise<void> {
    await this.#space.close();
  }

  /** A text that is another one after each commit, whoever made it; undefined when the key space cannot tell. */
  stamp(): string | undefined {
    return this.#space.stamp();
  }

  /** The image of this id, deleted or not; undefined when there never was one, or only its tombstone is left. */
  async get(id: string): Promise<Versioned | undefined> {
    if (!isImageId(id)) return undefined;
    const [record] = await this.#space.get([imageKey(id)]);
    return record === undefined || isTombstone(record.value) ? undefined : versioned(record);
  }

  /**
   * Adds an image. Undefined: its id is in use, or was.
   * @throws RegistryError `internal` when its id or times are not written as images have them
   */
  async create(image: Image): Promise<Versioned | undefined> {
    const created = await this.#space.put(imageKey(image.id), undefined, { ...image });
    return created ? { image, revision: 1 } : undefined;
  }

  /**
   * Puts `next` in the place of `current`; rows that both have are left alone. Undefined: the image has been changed
   * since `current` was read, and nothing is done.
   * @throws RegistryError `internal` when the two have different ids
   */
  async replace(current: Versioned, next: Image): Promise<Versioned | undefined> {
    if (next.id !== current.image.id) throw new RegistryError('internal', 'An image cannot change its id');
    const before = { revision: current.revision, value: { ...current.image } };
    const replaced = await this.#space.put(imageKey(next.id), before, { ...next });
    return replaced ? { image: next, revision: current.revision + 1 } : undefined;
  }

  /**
   * Changes an image, whoever else changes it meanwhile: `change` gets the image as it is and is called again when that
   * has become outdated. It returns the next image, or null to leave the image alone; what it throws comes through.
   * @returns the image as it is now; undefined when there is none of this id
   */
  async update(id: string, change: (image: Image) => Image | null): Promise<Versioned | undefined> {
    for (let tries = 0; tries < UPDATE_TRIES; tries++) {
      const current = await this.get(id);
      if (current === undefined) return undefined;
      const next = change(current.image);
      if (next === null) return current;
      const replaced = await this.replace(current, next);
      if (replaced !== undefined) return replaced;
    }
    throw new RegistryError('unavailable', `Image ${id} changes too often to be updated`);
  }

  /**
   * Lists images in order, as many at a time as are read at once, maybe none: what the caller does not take is not read. The page is no snapshot:
   * an image that changes meanwhile may be missing, but what is listed has been tested against the query as a whole.
   * @param pace of the slices when there are filters. Default: one after the other
   * @throws the signal's reason when it is aborted
   */
  stream(query: ImageQuery, signal?: AbortSignal, pace?: Pace): AsyncGenerator<readonly Image[]> {
    return listImages(this.#space, query, signal, pace);
  }

  /** The same as a whole. */
  async list(query: ImageQuery, signal?: AbortSignal, pace?: Pace): Promise<Image[]> {
    const images: Image[] = [];
    for await (const some of this.stream(query, signal, pace)) images.push(...some);
    return images;
  }

  /**
   * Goes through all images of some scopes, hidden ones too, a batch at a time. What changes its place meanwhile may be missed, or met twice.
   * @throws the signal's reason when it is aborted
   */
  async *walk({ sortKey, filters = [], ...query }: Walk, signal?: AbortSignal): AsyncGenerator<Image> {
    const sort = [{ key: sortKey, dir: 'asc' }] as const;
    for (let from: ImageQuery['from'] = null; ;) {
      const batch = await this.list(
        { ...query, filters, sort, hidden: 'included', from, limit: WALK },
        signal,
      );
      yield* batch;
      const last = batch.at(-1);
      if (last === undefined || batch.length < WALK) return;
      from = { image: last, inclusive: false };
    }
  }

  /**
   * Makes the rows of this release and puts them in the place of those of an older one; see `reindexRows`. The catalogue is
   * to be opened again afterwards.
   * @returns after each step how many records are done
   */
  reindex(): AsyncGenerator<number> {
    return this.#space.reindex();
  }

  /** How many images a project owns that are not deleted; `most` when there are that many or more. */
  async countOwned(project: string, most: number): Promise<number> {
    const prefixes = VISIBILITIES.flatMap((visibility) =>
      (['live', 'active', 'killed'] as const).flatMap((state) =>
        [true, false].map((hidden) =>
          listingPrefix({ kind: 'owner', project, visibility }, state, hidden, 'id'),
        ),
      ),
    );
    const found = await this.#space.scanMany(
      prefixes.map((start) => ({ start, end: `${start}\xff`, limit: most })),
    );
    return Math.min(
      most,
      found.reduce((sum, rows) => sum + rows.length, 0),
    );
  }

  /** Images of these ids, in their order, by one read; undefined where there is none. */
  async getMany(ids: readonly string[]): Promise<(Image | undefined)[]> {
    const records = await this.#space.get(ids.map(imageKey));
    return records.map((record) =>
      record === undefined || isTombstone(record.value) ? undefined : imageOf(record.value),
    );
  }

  /** Images of which something is to be removed at that time, the longest due first: blobs that nobody writes, staged bytes, tasks. */
  async withChores(now: string, limit: number): Promise<Image[]> {
    return collectRecords(this.#space, {
      start: DOOMED_ROWS.start,
      end: `${doomedRow(now, LAST_ID)}\0`,
      limit,
      keyOf: (row) => imageKey(decodeId(row)),
      pick: ({ value }) => {
        if (isTombstone(value)) return undefined;
        const image = imageOf(value);
        return (firstChore(image) ?? LATEST) <= now ? image : undefined;
      },
    });
  }

  /** Images of which nothing is to be removed before that time, the latest due last. */
  async withChoresAfter(time: string, limit: number): Promise<Image[]> {
    return collectRecords(this.#space, {
      start: `${doomedRow(time, LAST_ID)}\0`,
      end: DOOMED_ROWS.end,
      limit,
      keyOf: (row) => imageKey(decodeId(row)),
      pick: ({ value }) => {
        if (isTombstone(value)) return undefined;
        const image = imageOf(value);
        return (firstChore(image) ?? '') > time ? image : undefined;
      },
    });
  }

  /**
   * Images to which a registry writes blobs, or did when it died, in the order of their ids.
   * @param after only those behind this id
   */
  async writtenBy(process: string, limit: number, after?: string): Promise<Image[]> {
    const { start, end } = writtenBy(process);
    return collectRecords(this.#space, {
      start: after === undefined ? start : `${writtenRow(process, after)}\0`,
      end,
      limit,
      keyOf: (row) => imageKey(decodeId(row)),
      pick: ({ value }) => {
        if (isTombstone(value)) return undefined;
        const image = imageOf(value);
        return image.blobs.some((blob) => blob.process === process) ? image : undefined;
      },
    });
  }

  /** Ids of all registries that write blobs, or did when they died; one short read for each. */
  async writers(): Promise<string[]> {
    const found: string[] = [];
    for (let { start } = WRITTEN_ROWS as { start: RowKey }; ;) {
      const [row] = await this.#space.scan({ start, end: WRITTEN_ROWS.end, limit: 1 });
      if (row === undefined) return found;
      const writer = writerOf(row);
      found.push(writer);
      start = writtenBy(writer).end;
    }
  }

  /** Images that were deleted before that time and have no data left, the longest dead first. */
  async deletedBefore(time: string, limit: number): Promise<Image[]> {
    return this.list({
      scopes: VISIBILITIES.map((visibility) => ({ kind: 'visibility', visibility })),
      statuses: ['deleted'],
      hidden: 'included',
      filters: [updatedBefore(time), withoutBlobs],
      sort: [{ key: 'updated_at', dir: 'asc' }],
      from: null,
      limit,
    });
  }

  /**
   * Puts a mere tombstone in the place of a deleted image, so that only its id is kept. False: it has changed meanwhile.
   */
  async bury(id: string): Promise<boolean> {
    const current = await this.get(id);
    if (current === undefined) return false;
    const tombstone: Tombstone = { id, tombstone: true };
    const before = { revision: current.revision, value: { ...current.image } };
    return this.#space.put(imageKey(id), before, { ...tombstone });
  }

  /**
   * Compares index and records; gives what is wrong.
   * @param batch rows that one read takes
   */
  checkRows(batch: number): AsyncGenerator<RowFault> {
    return checkRows(this.#space, batch);
  }
}

function versioned({ value, revision }: StoredRecord): Versioned {
  return { image: imageOf(value), revision };
}
