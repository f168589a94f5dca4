import { RegistryError } from '../errors.js';

/** Opens something once, when it is first needed; a failed try is followed by another one when it is needed again. */
export class Lifecycle {
  readonly #open: () => Promise<void>;
  readonly #close: () => Promise<void>;
  #opening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(open: () => Promise<void>, close: () => Promise<void>) {
    this.#open = open;
    this.#close = close;
  }

  /**
   * Resolves when it is open.
   * @throws RegistryError `unavailable` after `close`; whatever opening throws
   */
  async ready(): Promise<void> {
    if (this.#closing !== undefined) throw new RegistryError('unavailable', 'the registry is closed');
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    await this.#opening;
  }

  /** Closes what was opened; what was never opened is left alone. */
  close(): Promise<void> {
    this.#closing ??= this.#end(this.#opening);
    return this.#closing;
  }

  async #end(opening: Promise<void> | undefined): Promise<void> {
    if (opening === undefined) return;
    const [opened] = await Promise.allSettled([opening]);
    if (opened.status === 'fulfilled') await this.#close();
  }
}
