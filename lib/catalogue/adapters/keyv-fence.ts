import { RegistryError } from '../../errors.js';
import { fenceText } from '../fence.js';
import type { Change, Fence } from '../key-space.js';
import type { GuardedKeyv } from './guarded-keyv.js';

const KEY = 'registry/fence';

interface Entry {
  readonly fence: string;
  /** The commit that has moved it, to be carried out again by whoever finds that it was not. */
  readonly change: Change;
}

/**
 * The fence in a Keyv, which cannot change two entries at once: a commit that moves the fence is written with it, and carried
 * out afterwards.
 */
export class KeyvFence {
  readonly #store: GuardedKeyv;
  readonly #carryOut: (change: Change) => Promise<void>;
  /** The entry whose commit is known to have been carried out. */
  #done: string | undefined;

  /** @param carryOut does nothing when it was carried out before */
  constructor(store: GuardedKeyv, carryOut: (change: Change) => Promise<void>) {
    this.#store = store;
    this.#carryOut = carryOut;
  }

  /**
   * The fence as text; a commit that has moved it and was broken off is finished first.
   * @throws RegistryError `unavailable`
   */
  async read(): Promise<string> {
    const text = await this.#store.read(KEY);
    return text === undefined ? '' : this.#settle(text);
  }

  /**
   * Moves the fence and carries out the commit that does so.
   * @throws RegistryError `unavailable`
   */
  async move(next: Fence, change: Change): Promise<void> {
    const entry: Entry = { fence: fenceText(next), change };
    const text = JSON.stringify(entry);
    await this.#store.write(KEY, text);
    await this.#settle(text);
  }

  async #settle(text: string): Promise<string> {
    const { fence, change } = parse(text);
    if (text !== this.#done) await this.#carryOut(change);
    this.#done = text;
    return fence;
  }
}

function parse(text: string): Entry {
  try {
    return JSON.parse(text) as Entry;
  } catch (error) {
    throw new RegistryError('unavailable', 'The fence in Keyv is damaged', { cause: error });
  }
}
