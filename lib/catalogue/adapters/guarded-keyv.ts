import { RegistryError } from '../../errors.js';
import { GuardedCalls } from '../../guarded-call.js';
import type { InjectedKeyv } from './injected-keyv.js';

/**
 * Text by key through a Keyv, with no doubt about what happened: every call has a deadline, what is not acknowledged is
 * an error, and a write that missed its deadline keeps later writes of the same key waiting until it has come to an end,
 * so that it cannot undo them.
 */
export class GuardedKeyv {
  readonly #keyv: InjectedKeyv;
  readonly #calls: GuardedCalls;
  readonly #running = new Map<string, Promise<unknown>>();

  /** @param deadline milliseconds for every call */
  constructor(keyv: InjectedKeyv, deadline: number) {
    this.#keyv = keyv;
    this.#calls = new GuardedCalls({ deadline, describe: (operation) => operation });
  }

  /**
   * @returns undefined when there is none
   * @throws RegistryError `unavailable`
   */
  async read(key: string): Promise<string | undefined> {
    const value = await this.#calls.run('Reading from Keyv', () => this.#keyv.get(key));
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return value;
    throw new RegistryError('unavailable', `Keyv holds something other than text at ${key}`);
  }

  /** @throws RegistryError `unavailable`: it may have happened, or may yet */
  async write(key: string, text: string): Promise<void> {
    const done = await this.#change('Writing to Keyv', key, () => this.#keyv.set(key, text));
    if (done !== true) throw new RegistryError('unavailable', 'Keyv did not acknowledge a write');
  }

  /** @throws RegistryError `unavailable`: it may have happened, or may yet */
  async remove(key: string): Promise<void> {
    const done = await this.#change('Removing from Keyv', key, () => this.#keyv.delete(key));
    // False means that it was not there, or that the removal failed: only the store can tell.
    if (done !== true && (await this.read(key)) !== undefined) {
      throw new RegistryError('unavailable', 'Keyv did not acknowledge a removal');
    }
  }

  /** Whether a write or removal of this key may still come into effect. */
  isChanging(key: string): boolean {
    return this.#running.has(key);
  }

  /** Waits until no earlier write or removal of this key can come into effect any more. */
  async settled(key: string): Promise<void> {
    const running = this.#running.get(key);
    if (running !== undefined) await this.#calls.run('Waiting for an earlier write to Keyv', () => running);
  }

  async #change(what: string, key: string, change: () => Promise<unknown>): Promise<unknown> {
    await this.settled(key);
    return this.#calls.run(what, () => {
      const changing = change();
      const ended = (): void => void this.#running.delete(key);
      this.#running.set(key, changing.then(ended, ended));
      return changing;
    });
  }
}
