import { isRegistryError, RegistryError } from '../errors.js';
import type { Closing } from './closing.js';

/** Opens something once, when it is first needed; a failed try is followed by another one when it is needed again. */
export class Lifecycle {
  readonly #open: () => Promise<void>;
  readonly #close: (closing: Closing) => Promise<void>;
  #opening: Promise<void> | undefined;
  #isOpen = false;
  #closing: Promise<void> | undefined;

  constructor(open: () => Promise<void>, close: (closing: Closing) => Promise<void>) {
    this.#open = open;
    this.#close = close;
  }

  /**
   * Resolves when it is open.
   * @throws RegistryError `unavailable` after `close`; whatever opening throws
   */
  async ready(): Promise<void> {
    if (this.#closing !== undefined) throw new RegistryError('unavailable', 'the registry is closed');
    this.#opening ??= this.#open().then(
      () => {
        this.#isOpen = true;
      },
      (error: unknown) => {
        this.#opening = undefined;
        throw error;
      },
    );
    await this.#opening;
  }

  /**
   * As `ready`, for a use case: why a start has failed is for those who run the registry.
   * @throws RegistryError `unavailable`
   */
  async admit(): Promise<void> {
    if (this.#isOpen && this.#closing === undefined) return;
    try {
      await this.ready();
    } catch (error) {
      if (isRegistryError(error)) throw error;
      throw new RegistryError('unavailable', 'the registry cannot be started', { cause: error });
    }
  }

  /** Closes what was opened; what was never opened is left alone. Who comes second waits for the first. */
  close(closing: Closing): Promise<void> {
    this.#closing ??= this.#end(closing, this.#opening);
    return this.#closing;
  }

  async #end(closing: Closing, opening: Promise<void> | undefined): Promise<void> {
    if (opening === undefined) return;
    // A start that fails has told those who waited for it.
    await closing.step('the start', () => opening.catch(() => undefined));
    if (this.#isOpen) await this.#close(closing);
  }
}
