import type { Caller } from '../domain/identity.js';
import { filtersOf, isWantedStatus } from '../domain/image-filters.js';
import { isDeleted, STATUSES, type Image, type ImageStatus } from '../domain/image.js';
import * as filters from '../domain/filters.js';
import type { ListRequest } from '../domain/list-request.js';
import type { PublicImage } from '../domain/image.js';
import { reversed, type ImageQuery, type SortOrder } from '../domain/query.js';
import { readListRequest } from '../domain/read-list-request.js';
import { isInScope, scopesOf } from '../domain/scopes.js';
import { isRegistryError, RegistryError } from '../errors.js';
import type { Judge } from './judge.js';
import type { Parts } from './parts.js';

/** A page of a listing. */
export interface Page {
  readonly images: readonly PublicImage[];
  /** Most images that it could have had. */
  readonly limit: number;
  /** Marker of the page behind it; null when this is the last one. */
  readonly next: string | null;
  /** The page before it, whose marker is null when it is the first one; null when there is none, or nobody has asked. */
  readonly previous: { readonly marker: string | null } | null;
}

/** A page that is read while it is taken, so that it need not be held as a whole. */
export interface PageStream extends Pick<Page, 'limit'> {
  /** As many at a time as are read at once. */
  readonly batches: AsyncIterable<readonly PublicImage[]>;
  /** As of a page; known when all images have been taken. */
  next(): Page['next'];
  previous(): Page['previous'];
}

/** Statuses that listings show; the others only with changesSince. */
const LIVE: readonly ImageStatus[] = STATUSES.filter(
  (status) => status !== 'killed' && !isDeleted({ status }),
);

const NEWEST_FIRST: SortOrder = { key: 'created_at', dir: 'desc' };

/** Lists the images that a caller gets to see. */
export class ListImages {
  readonly #parts: Pick<Parts, 'catalogue' | 'limits' | 'scans'>;
  readonly #judge: Judge;

  constructor(parts: Pick<Parts, 'catalogue' | 'limits' | 'scans'>, judge: Judge) {
    this.#parts = parts;
    this.#judge = judge;
  }

  async page(caller: Caller, given: ListRequest, signal?: AbortSignal): Promise<Page> {
    const stream = await this.stream(caller, given, signal);
    const images: PublicImage[] = [];
    for await (const batch of stream.batches) images.push(...batch);
    return { images, limit: stream.limit, next: stream.next(), previous: stream.previous() };
  }

  async stream(caller: Caller, given: ListRequest, signal?: AbortSignal): Promise<PageStream> {
    const { limits } = this.#parts;
    const request = readListRequest(given);
    this.#judge.access.require('get_images', caller, null);
    const limit = Math.min(request.limit ?? limits.limitDefault, limits.limitMax);
    const query = this.#query(caller, request, limit);
    const marker = await this.#marker(caller, request, query);
    const from = marker === null ? null : { image: marker, inclusive: false };
    const found = { next: null as Page['next'], previous: null as Page['previous'] };
    const ahead = this.#taken(caller, { ...query, from }, found, signal);
    const backwards = request.previous === true && limit > 0 ? marker : null;
    const before = (): Promise<Page['previous']> => this.#previous(caller, query, backwards, signal);
    const batches = backwards === null ? ahead : withBefore(ahead, before, found);
    return { batches, limit, next: () => found.next, previous: () => found.previous };
  }

  /**
   * Where nothing but what is stored decides what a caller sees: not with filters, which rules may be, nor where some see less of an image than others. So
   * two callers with the same project and the same rights of an admin see the same.
   */
  stampOf(caller: Caller, given: ListRequest): string | undefined {
    const { access } = this.#judge;
    access.require('get_images', caller, null);
    if (!access.showsAllProperties) return undefined;
    const { filters: others } = this.#query(caller, readListRequest(given), 0);
    return others.length === 0 ? this.#parts.catalogue.stamp() : undefined;
  }

  /** The images of a page as they are taken. */
  async *#taken(
    caller: Caller,
    query: ImageQuery,
    found: { next: string | null },
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly PublicImage[]> {
    if (query.limit === 0) return;
    let left = query.limit;
    let last: Image | undefined;
    // One more tells whether there is a next page.
    for await (const images of this.#open(caller, { ...query, limit: query.limit + 1 }, signal)) {
      const page = images.slice(0, left);
      left -= page.length;
      last = page.at(-1) ?? last;
      if (images.length > page.length) found.next = last?.id ?? null;
      yield page.map((image) => this.#judge.shown(caller, image));
    }
  }

  /** All images behind the marker, a page at a time; what is deleted meanwhile does not end it. */
  async *all(caller: Caller, given: ListRequest, signal?: AbortSignal): AsyncGenerator<PublicImage> {
    const { limits } = this.#parts;
    const request = readListRequest(given);
    this.#judge.access.require('get_images', caller, null);
    const limit = Math.min(request.limit ?? limits.limitMax, limits.limitMax);
    const query = this.#query(caller, request, limit);
    let last = await this.#marker(caller, request, query);
    for (let full = limit > 0; full;) {
      const from = last === null ? null : { image: last, inclusive: false };
      const images = await this.#read(caller, { ...query, from }, signal);
      for (const image of images) yield this.#judge.shown(caller, image);
      full = images.length === limit;
      last = images.at(-1) ?? last;
    }
  }

  #query(caller: Caller, request: ListRequest, limit: number): ImageQuery {
    const { access, dialect } = this.#judge;
    const { changesSince, filters: wanted = {}, hidden = false } = request;
    const [first = NEWEST_FIRST, ...more] = request.sort ?? [];
    const scoped = scopesOf(caller, request, dialect.listsBy);
    const readable = access.filterBy('get_image', caller);
    const shown = changesSince === undefined ? LIVE : STATUSES;
    return {
      scopes: scoped.scopes,
      statuses: shown.filter((status) => isWantedStatus(status, wanted.status)),
      hidden: hidden ? 'only' : 'excluded',
      filters: [
        ...scoped.filters,
        ...filtersOf(wanted, {
          canRead: (key) => access.canRead(caller, key),
          unknownSizeIsZero: dialect.unknownSizeIsZero,
        }),
        ...(changesSince === undefined ? [] : [filters.changedSince(changesSince)]),
        ...(readable === null ? [] : [readable]),
      ],
      sort: [first, ...more],
      from: null,
      limit,
    };
  }

  /**
   * The image behind which the page begins. A deleted one is good for a listing of changes alone, and for those whom it could show it to.
   * @throws RegistryError `bad_request`
   */
  async #marker(caller: Caller, request: ListRequest, { scopes }: ImageQuery): Promise<Image | null> {
    const { marker, changesSince } = request;
    if (marker === undefined || marker === null) return null;
    const image = (await this.#parts.catalogue.get(marker))?.image;
    if (image !== undefined && isDeleted(image)) {
      const couldList = caller.admin || scopes.some((scope) => isInScope(image, scope));
      if (changesSince === undefined || !couldList) throw noSuchMarker();
      return image;
    }
    try {
      return this.#judge.allowed(caller, image, 'get_image');
    } catch (error) {
      throw isRegistryError(error, 'not_found', 'forbidden') ? noSuchMarker() : error;
    }
  }

  /** Found by reading backwards from this page's own marker. */
  async #previous(
    caller: Caller,
    query: ImageQuery,
    marker: Image | null,
    signal: AbortSignal | undefined,
  ): Promise<Page['previous']> {
    if (marker === null) return null;
    const before = await this.#read(
      caller,
      {
        ...query,
        from: { image: marker, inclusive: true },
        sort: reversed(query.sort),
        limit: query.limit + 1,
      },
      signal,
    );
    return before.length === 0 ? null : { marker: before[query.limit]?.id ?? null };
  }

  #open(
    caller: Caller,
    query: ImageQuery,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly Image[]> {
    const { catalogue, scans } = this.#parts;
    return catalogue.stream(query, signal, scans.pace(caller, signal));
  }

  #read(caller: Caller, query: ImageQuery, signal: AbortSignal | undefined): Promise<Image[]> {
    const { catalogue, scans } = this.#parts;
    return catalogue.list(query, signal, scans.pace(caller, signal));
  }
}

/**
 * Looks for the page before at the same time as for the first images of this one, so that both are read in the same round trips; it is known before the
 * first of them are given.
 */
async function* withBefore<T>(
  ahead: AsyncGenerator<T>,
  before: () => Promise<Page['previous']>,
  found: { previous: Page['previous'] },
): AsyncGenerator<T> {
  const [first, previous] = await Promise.all([ahead.next(), before()]);
  found.previous = previous;
  if (first.done !== true) yield first.value;
  yield* ahead;
}

function noSuchMarker(): RegistryError {
  return new RegistryError('bad_request', 'There is no image with the id of the marker.');
}
