import type { Image } from '../domain/image.js';
import type { Rank, SortPlan } from './sort-plan.js';

/** Images that may wait to be sorted before all but the first of them are forgotten. */
const MANY = 2000;

/** Images in the order of a plan, however they come; those before the beginning of the page are left out. */
export class RankedImages {
  readonly #sort: SortPlan;
  readonly #from: { readonly rank: Rank; readonly least: number } | null;
  #images: { readonly image: Image; readonly rank: Rank }[] = [];

  constructor(sort: SortPlan) {
    const { from, rankOf } = sort;
    this.#sort = sort;
    this.#from = from === null ? null : { rank: rankOf(from.image), least: from.inclusive ? 0 : 1 };
  }

  /** @param wanted how many of the first will be taken at most: the others need not be kept */
  add(image: Image, wanted: number): void {
    const rank = this.#sort.rankOf(image);
    if (this.#from !== null && this.#sort.compare(rank, this.#from.rank) < this.#from.least) return;
    this.#images.push({ image, rank });
    if (this.#images.length < wanted + MANY) return;
    this.#order();
    this.#images.length = wanted;
  }

  /** Takes them out, the first `wanted` in order. */
  take(wanted: number): Image[] {
    this.#order();
    const taken = this.#images.slice(0, wanted);
    this.#images = [];
    return taken.map(({ image }) => image);
  }

  #order(): void {
    this.#images.sort((a, b) => this.#sort.compare(a.rank, b.rank));
  }
}
