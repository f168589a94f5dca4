import type { Image } from '../domain/image.js';
import type { ImageQuery, Pace } from '../domain/query.js';
import type { CatalogueSpace } from './catalogue-space.js';
import { MergeScan } from './merge-scan.js';
import { OrderedPage } from './ordered-page.js';
import { planOf } from './query-plan.js';
import { RankedImages } from './ranked-images.js';
import { RecordReader, SLICE } from './record-reader.js';
import { RecordSearch } from './record-search.js';
import { RowProbe } from './row-probe.js';
import type { SortPlan } from './sort-plan.js';

/** Exact values that no more images have are used before anything else is tried. */
const FEW = 100;
/** So many records are tested in order before it is tried whether a filter's index leaves fewer to look at. */
const ENOUGH = 300;
/** So many are read in order before it is tried whether a search of all records costs less. */
const LONG = 2000;
/** A search ends when it has found so many times more than a page: then the page is not far in the order, either. */
const FULL = 4;
/** The most images that are sorted in memory, to answer a filter that has an index in an order of another field. */
const MANY = 2000;

/**
 * Answers a query, a few images at a time: as many as are read at once.
 *
 * In the order of created_at the rows of an exact value, a tag or an indexed property are the page. Else the page is read in the order of the
 * first key's index, with the filters; when that does not fill it at once, by another filter's index that leaves at most 2 000 images, sorted in
 * memory; else by going through the whole order, or, when that takes long, by a search of all records. Images that are the same in the first key are sorted by the other keys with at most a page and
 * 2 000 of them in memory. Records are read in slices of at most 200, each in a turn of the event loop of its own.
 *
 * @throws RegistryError `unavailable`; the signal's reason when it is aborted
 */
export async function* listImages(
  space: CatalogueSpace,
  query: ImageQuery,
  signal: AbortSignal | undefined,
  pace: Pace = (slice) => slice(),
): AsyncGenerator<readonly Image[]> {
  signal?.throwIfAborted();
  const { limit } = query;
  const { sort, ids, page, all, others } = planOf(query, await space.indexed());
  if (limit === 0 || sort.isEmpty) return;
  const reader = new RecordReader(space, query, signal, pace);
  if (ids !== null && ids.length <= MANY) {
    yield await sorted(reader, sort, ids, limit);
    return;
  }
  const probes = others.map(({ spans, isExact }) => ({ probe: new RowProbe(space, spans, signal), isExact }));
  for (const { probe, isExact } of probes) {
    const found = isExact ? await probe.endsWithin(FEW) : null;
    if (found === null) continue;
    yield await sorted(reader, sort, found, limit);
    return;
  }
  const rows = new MergeScan(space, page, sort.reverse);
  const ordered = new OrderedPage(rows, reader, sort, query);
  const early: Image[] = [];
  while (probes.length > 0 && reader.read < ENOUGH) {
    const images = await ordered.next();
    if (images === undefined) {
      yield early;
      return;
    }
    early.push(...images);
  }
  for (const { probe } of probes) {
    const found = await probe.endsWithin(MANY);
    if (found === null) continue;
    yield await sorted(reader, sort, found, limit);
    return;
  }
  if (early.length > 0) yield early;
  const shown = new Set(early.map(({ id }) => id));
  for (let isSearched = false; ;) {
    if (!isSearched && reader.read >= LONG && shown.size < limit) {
      isSearched = true;
      const search = new RecordSearch(space, query, all, signal, pace);
      const found = (await search.pays()) ? await search.ids(Math.min(FULL * limit, MANY)) : null;
      if (found !== null) {
        const rest = found.filter((id) => !shown.has(id));
        yield await sorted(reader, sort, rest, limit - shown.size);
        return;
      }
    }
    const images = await ordered.next();
    if (images === undefined) return;
    yield images;
    for (const { id } of images) shown.add(id);
  }
}

/** The page out of a few images, which are found in no order. */
async function sorted(
  reader: RecordReader,
  sort: SortPlan,
  ids: readonly string[],
  limit: number,
): Promise<Image[]> {
  const found = new RankedImages(sort);
  for (let at = 0; at < ids.length; at += SLICE)
    for (const image of await reader.images(ids.slice(at, at + SLICE)))
      if (image !== undefined) found.add(image, limit);
  return found.take(limit);
}
