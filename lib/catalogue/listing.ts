import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Image } from '../domain/image.js';
import type { ImageQuery, Pace, SortKey } from '../domain/query.js';
import type { CatalogueSpace } from './catalogue-space.js';
import { MergeScan } from './merge-scan.js';
import { indexedFields, pageBounds, selects, spansOf, type Bounds } from './query-plan.js';
import { decodeId } from './row-encoding.js';
import { imageKey, imageOf, isTombstone, placeOf } from './rows.js';

/** Records tested in one turn of the event loop when there are filters. */
const SLICE = 200;
/** An equality that holds for no more images than this is used before anything else is tried. */
const FEW = 100;
/** So many records are tested in order before it is tried whether a filter's index leaves fewer to look at. */
const ENOUGH = 300;
/** The most images that are sorted in memory, to answer a filter that has an index in an order of another field. */
const MANY = 2000;

/**
 * Answers a query: in the order of the sort key's index where that fills the page at once; else by the index of a
 * filter that leaves at most 2 000 images, sorted in memory; else by going through the whole order with the filters,
 * in slices of at most 200 records, each in a turn of the event loop of its own.
 * @throws RegistryError `unavailable`; the signal's reason when it is aborted
 */
export async function listImages(
  space: CatalogueSpace,
  query: ImageQuery,
  signal: AbortSignal | undefined,
  pace: Pace = (slice) => slice(),
): Promise<Image[]> {
  signal?.throwIfAborted();
  if (query.limit === 0) return [];
  const reader = new RecordReader(space, query, signal, pace);
  const bounds = pageBounds(query);
  const ordered = new OrderedPage(reader, bounds);
  const probes = bounds.equality
    ? []
    : indexedFields(query).map(({ field, bounds: within }) => new Probe(reader, field, within));
  for (const probe of probes) {
    if (probe.bounds.equality && (await probe.endsWithin(FEW)))
      return sortInMemory(reader, probe.places, bounds);
  }
  while (probes.length === 0 || ordered.read < ENOUGH) if (await ordered.advance()) return ordered.images;
  for (const probe of probes) {
    if (await probe.endsWithin(MANY)) return sortInMemory(reader, probe.places, bounds);
  }
  while (!(await ordered.advance()));
  return ordered.images;
}

/** Reads records of one query; every read but the first begins in a new turn of the event loop. */
class RecordReader {
  #started = false;

  constructor(
    readonly space: CatalogueSpace,
    readonly query: ImageQuery,
    readonly signal: AbortSignal | undefined,
    readonly pace: Pace,
  ) {}

  merge(field: SortKey, bounds: Bounds): MergeScan {
    return new MergeScan(this.space, spansOf(this.query, field, bounds), this.query.sortDir === 'desc');
  }

  /** The images of these ids that the query selects; undefined in the place of the others. */
  async read(ids: readonly string[]): Promise<(Image | undefined)[]> {
    if (this.query.filters.length === 0) return this.#slice(ids);
    return this.pace(() => this.#slice(ids));
  }

  async #slice(ids: readonly string[]): Promise<(Image | undefined)[]> {
    if (this.#started) await nextTurn();
    this.#started = true;
    this.signal?.throwIfAborted();
    const records = await this.space.get(ids.map(imageKey));
    return records.map((record) => {
      if (record === undefined || isTombstone(record.value)) return undefined;
      const image = imageOf(record.value);
      return selects(this.query, image) ? image : undefined;
    });
  }
}

/** A page that is filled in the order of the sort key's index. */
class OrderedPage {
  readonly images: Image[] = [];
  /** Number of records read. */
  read = 0;
  readonly #reader: RecordReader;
  readonly #rows: MergeScan;
  /** An image that changes during the listing may be met at two places. */
  readonly #shown = new Set<string>();
  #size: number;

  constructor(reader: RecordReader, bounds: Bounds) {
    const { limit, filters, sortKey } = reader.query;
    this.#reader = reader;
    this.#rows = reader.merge(sortKey, bounds);
    this.#size = filters.length === 0 ? limit : Math.min(limit, SLICE);
  }

  /** Reads on by one slice; true when the page is full or nothing is left. */
  async advance(): Promise<boolean> {
    const { limit, sortKey } = this.#reader.query;
    const places = await this.#rows.next(this.#size);
    if (places.length === 0) return true;
    this.read += places.length;
    const images = await this.#reader.read(places.map(decodeId));
    for (const [at, image] of images.entries()) {
      // A row that is no longer the image's: its place now is elsewhere.
      if (image === undefined || this.#shown.has(image.id) || placeOf(image, sortKey) !== places[at])
        continue;
      this.#shown.add(image.id);
      this.images.push(image);
      if (this.images.length === limit) return true;
    }
    const ended = places.length < this.#size;
    this.#size = Math.min(this.#size * 2, SLICE);
    return ended;
  }
}

/** Finds out whether a filter's index leaves few images, reading no more of it than is needed to know. */
class Probe {
  readonly places: string[] = [];
  readonly bounds: Bounds;
  readonly #reader: RecordReader;
  readonly #rows: MergeScan;
  #ended = false;

  constructor(reader: RecordReader, field: SortKey, bounds: Bounds) {
    this.bounds = bounds;
    this.#reader = reader;
    this.#rows = reader.merge(field, bounds);
  }

  /** Whether there are at most `most` places; all of them are in `places` then. */
  async endsWithin(most: number): Promise<boolean> {
    const wanted = most + 1 - this.places.length;
    if (!this.#ended && wanted > 0) {
      this.#reader.signal?.throwIfAborted();
      const places = await this.#rows.next(wanted);
      this.#ended = places.length < wanted;
      this.places.push(...places);
    }
    return this.#ended;
  }
}

/** The page out of a few images, found by the index of another field. */
async function sortInMemory(
  reader: RecordReader,
  found: readonly string[],
  bounds: Bounds,
): Promise<Image[]> {
  const { sortKey, sortDir, limit } = reader.query;
  const ids = [...new Set(found.map(decodeId))];
  const placed: { place: string; image: Image }[] = [];
  for (let at = 0; at < ids.length; at += SLICE) {
    for (const image of await reader.read(ids.slice(at, at + SLICE))) {
      if (image === undefined) continue;
      const place = placeOf(image, sortKey);
      if (place >= bounds.from && place < bounds.to) placed.push({ place, image });
    }
  }
  const order = sortDir === 'asc' ? 1 : -1;
  placed.sort((a, b) => (a.place < b.place ? -order : order));
  return placed.slice(0, limit).map(({ image }) => image);
}
