import type { Image } from '../domain/image.js';
import type { ImageQuery } from '../domain/query.js';
import type { CatalogueSpace } from './catalogue-space.js';

/** Larger pages are not kept: a key space does not hold their records either. */
const MOST_IMAGES = 100;
const MOST_PAGES = 200;
/** Characters of what a page is found by; its marker may have a long name. */
const MOST_KEY = 2000;

/**
 * Pages of listings without filters, for as long as the stamp of the key space shows that nothing has been committed since they were read: so they are
 * never stale, whoever writes. They say which images a query finds, in what order, before anybody decides who sees what of them; the images
 * themselves are held by the key space, and a page one of whose images it has dropped is read again.
 */
export class KeptPages {
  #stamp: string | undefined;
  readonly #pages = new Map<string, readonly WeakRef<Image>[]>();

  /**
   * Gives a page that is known, or reads it.
   * @param list reads it
   */
  async *read(
    space: Pick<CatalogueSpace, 'stamp'>,
    query: ImageQuery,
    list: () => AsyncGenerator<readonly Image[]>,
  ): AsyncGenerator<readonly Image[]> {
    const isSmall = query.filters.length === 0 && query.limit > 0 && query.limit <= MOST_IMAGES;
    const stamp = isSmall ? space.stamp() : undefined;
    const key = stamp === undefined ? '' : keyOf(query);
    if (stamp === undefined || key.length > MOST_KEY) {
      yield* list();
      return;
    }
    const known = this.#known(key, stamp);
    if (known !== undefined) {
      yield known;
      return;
    }
    const images: Image[] = [];
    for await (const some of list()) images.push(...some);
    // What was committed in the meantime may be in it or not.
    if (space.stamp() === stamp) this.#keep(key, stamp, images);
    yield images;
  }

  #known(key: string, stamp: string): readonly Image[] | undefined {
    if (stamp !== this.#stamp) return undefined;
    const images = this.#pages.get(key)?.map((image) => image.deref());
    return images?.every((image) => image !== undefined) === true ? images : undefined;
  }

  #keep(key: string, stamp: string, images: readonly Image[]): void {
    if (stamp !== this.#stamp || this.#pages.size >= MOST_PAGES) this.#pages.clear();
    this.#stamp = stamp;
    this.#pages.set(
      key,
      images.map((image) => new WeakRef(image)),
    );
  }
}

/** All that a page without filters depends on. */
function keyOf({ scopes, statuses, hidden, sort, limit, from }: ImageQuery): string {
  const place = from === null ? null : [from.inclusive, from.image.id, from.image.created_at];
  const values = from === null ? [] : sort.map(({ key }) => from.image[key]);
  return JSON.stringify([scopes, statuses, hidden, sort, limit, place, values]);
}
