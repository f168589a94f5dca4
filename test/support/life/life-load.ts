import { setImmediate as nextTurn } from 'node:timers/promises';
import { isRegistryError } from '../../../lib/errors.js';
import type { ImageRegistry } from '../../../lib/index.js';
import { CrashRandom } from './crash-random.js';
import { ADMINISTRATOR, copy, OWNER, store } from './life-images.js';

/** Callers who create, change and delete images of one registry, as fast as they can. */
export class LifeLoad {
  readonly #registry: ImageRegistry;
  readonly #random = new CrashRandom();
  readonly #ids: string[] = [];
  readonly #source: string | undefined;
  #left = 0;

  /** @param source address of data that some images are copied from */
  constructor(registry: ImageRegistry, source?: string) {
    this.#registry = registry;
    this.#source = source;
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
        if (!isRegistryError(error, 'not_found', 'forbidden', 'bad_request')) throw error;
      }
    }
  }

  async #step(): Promise<void> {
    const { images, members } = this.#registry;
    const { signal } = new AbortController();
    const what = this.#random.whole(1, 8);
    if (what === 3 && this.#source !== undefined) {
      this.#ids.push((await copy(this.#registry, this.#source)).id);
      return;
    }
    if (what <= 3 || this.#ids.length === 0) {
      const metadata = what === 1 ? { checksum: 'wrong' } : {};
      const { id } = await store(this.#registry, 'x'.repeat(this.#random.whole(0, 5000)), metadata);
      this.#ids.push(id);
      return;
    }
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
    } else await members.put(OWNER, id, `project-${this.#random.whole(1, 5)}`);
  }
}
