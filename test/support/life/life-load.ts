import { setImmediate as nextTurn } from 'node:timers/promises';
import { isRegistryError } from '../../../lib/errors.js';
import type { ImportRequest } from '../../../lib/domain/import-task.js';
import type { ImageRegistry, PublicImage } from '../../../lib/index.js';
import { CrashRandom } from './crash-random.js';
import { ADMINISTRATOR, copy, importerOf, OWNER, reserve, store } from './life-images.js';
import type { LifeStores } from './life-storage.js';

export interface LifeLoadOptions extends LifeStores {
  /** Address of data that some images are copied and imported from. Default: none is. */
  readonly source?: string;
}

/** What a caller may hear who acts on an image while others do, too. */
const LATE = [
  'not_found',
  'forbidden',
  'bad_request',
  'conflict',
  'deleted_meanwhile',
  'upload_lost',
] as const;
const STORES = [['file'], ['archive'], ['file', 'archive']] as const;

/** Callers who create, change, import and delete images of one registry, as fast as they can. */
export class LifeLoad {
  readonly #registry: ImageRegistry;
  readonly #random = new CrashRandom();
  readonly #ids: string[] = [];
  readonly #options: LifeLoadOptions;
  #left = 0;

  constructor(registry: ImageRegistry, options: LifeLoadOptions = {}) {
    this.#registry = registry;
    this.#options = options;
  }

  /** Takes that many steps with several callers at once, and does `work` again and again until that is over. */
  async during(steps: number, callers: number, work: () => Promise<void>): Promise<void> {
    this.#left = steps;
    const working = async (): Promise<void> => {
      do {
        await work();
        await nextTurn();
      } while (this.#left > 0);
    };
    const going = [working(), ...Array.from({ length: callers }, () => this.#caller())];
    for (const result of await Promise.allSettled(going))
      if (result.status === 'rejected')
        throw new Error(`with CRASH_SEED=${this.#random.seed}`, { cause: result.reason });
  }

  async #caller(): Promise<void> {
    for (; this.#left > 0; this.#left -= 1) {
      // With all in memory, one caller would do everything before anybody else does anything.
      await nextTurn();
      try {
        await this.#step();
      } catch (error) {
        // Another caller was faster with the same image.
        if (!isRegistryError(error, ...LATE)) throw error;
      }
    }
  }

  async #step(): Promise<void> {
    const { images, members } = this.#registry;
    const { signal } = new AbortController();
    const what = this.#random.whole(1, 13);
    const { source } = this.#options;
    if (what === 3 && source !== undefined) {
      this.#ids.push((await copy(this.#registry, source)).id);
      return;
    }
    if (what <= 3 || this.#ids.length === 0) {
      const metadata = what === 1 ? { checksum: 'wrong' } : {};
      const { id } = await store(this.#registry, this.#data(), metadata);
      this.#ids.push(id);
      return;
    }
    if (what === 9) return this.#stage();
    const id = this.#random.pick(this.#ids);
    if (what <= 5) {
      this.#ids.splice(this.#ids.indexOf(id), 1);
      await images.remove(OWNER, id);
    } else if (what === 6) {
      const is_public = this.#random.whole(0, 1) === 1;
      await images.update(ADMINISTRATOR, id, { is_public }, { signal });
    } else if (what === 7) {
      if (this.#random.whole(0, 1) === 1) await images.deactivate(ADMINISTRATOR, id);
      else await images.reactivate(ADMINISTRATOR, id);
    } else if (what === 8) await members.put(OWNER, id, `project-${this.#random.whole(1, 5)}`);
    else if (what === 13) await images.removeCopy(OWNER, id, this.#random.pick(['file', 'archive']));
    else if (what === 12) await this.#import((await this.#reserve()).id);
    else await this.#import(id);
  }

  async #reserve(): Promise<PublicImage> {
    const image = await reserve(this.#registry);
    this.#ids.push(image.id);
    return image;
  }

  async #stage(): Promise<void> {
    const { images } = this.#registry;
    const { id } = await this.#reserve();
    // Others may import it, if there is a source, or delete it, before its bytes are there.
    await images.stage(OWNER, id, { data: Buffer.from(this.#data()) });
  }

  /** Begins to import what fits the image: what was staged, what is elsewhere, or copies of what it has. */
  async #import(id: string): Promise<void> {
    const { images } = this.#registry;
    const { source: uri, withArchive = false } = this.#options;
    const { status } = await images.show(OWNER, id);
    const stores = withArchive ? this.#random.pick(STORES) : ['file'];
    const where = { stores, allStoresMustSucceed: this.#random.whole(0, 1) === 1 };
    const begin = (request: ImportRequest): Promise<unknown> =>
      images.import(importerOf(request), id, { ...where, ...request });
    if (status === 'uploading') await begin({ method: 'glance-direct' });
    else if (status === 'queued') await begin({ method: 'web-download', uri });
    else await begin({ method: 'copy-image', stores: undefined, allStores: true });
  }

  #data(): string {
    return 'x'.repeat(this.#random.whole(0, 5000));
  }
}
