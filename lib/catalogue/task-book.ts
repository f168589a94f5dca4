import type { Image } from '../domain/image.js';
import { collectRecords } from './collect-records.js';
import type { CatalogueSpace } from './catalogue-space.js';
import type { RecordValue } from './key-space.js';
import { decodeId, isImageId } from './row-encoding.js';
import { imageKey, imageOf, isTombstone, TASK_ROWS, withTask } from './rows.js';

/** The images that have tasks, found by those, in the key space that the image catalogue has opened. */
export class TaskBook {
  readonly #space: CatalogueSpace;

  constructor(space: CatalogueSpace) {
    this.#space = space;
  }

  /**
   * The image that has a task of this id; undefined when there is none.
   * @throws RegistryError `unavailable`
   */
  async imageOf(task: string): Promise<Image | undefined> {
    if (!isImageId(task)) return undefined;
    const [image] = await collectRecords(this.#space, { ...withTask(task), limit: 1, ...IMAGES });
    return image;
  }

  /**
   * Images that have tasks, each as often as it has some.
   * @param limit tasks that are looked at
   * @throws RegistryError `unavailable`
   */
  async images(limit: number): Promise<Image[]> {
    return collectRecords(this.#space, { ...TASK_ROWS, limit, ...IMAGES });
  }
}

const IMAGES = {
  keyOf: (row: string) => imageKey(decodeId(row)),
  pick: ({ value }: { readonly value: RecordValue }) =>
    isTombstone(value) || imageOf(value).tasks === undefined ? undefined : imageOf(value),
};
