import { isRegistryError, RegistryError } from '../errors.js';
import type { Parts } from './parts.js';

/** What is known of the addresses that one request names. They are asked between two looks at the image, never within a commit. */
export class Addresses {
  readonly #sources: Parts['sources'];
  readonly #most: number;
  readonly #sizes = new Map<string, number>();
  readonly #unknown = new Set<string>();

  /** @param most addresses of one request */
  constructor(sources: Parts['sources'], most: number) {
    this.#sources = sources;
    this.#most = most;
  }

  /** Begins another look: what is not needed any more is not asked. */
  forgetUnknown(): void {
    this.#unknown.clear();
  }

  /** Whether the look needed sizes that are not known. */
  get someUnknown(): boolean {
    return this.#unknown.size > 0;
  }

  /**
   * Checks the text of an address.
   * @throws RegistryError `bad_request`
   */
  check(url: string): void {
    this.#sources.check(url);
  }

  /** Bytes; null when it is not known yet. */
  sizeAt(url: string): number | null {
    const size = this.#sizes.get(url);
    if (size === undefined) this.#unknown.add(url);
    return size ?? null;
  }

  /**
   * Asks for the sizes that the last look needed. To be called for callers who may bring data from there, and nobody else.
   * @throws RegistryError `bad_request` when there is nothing to be had; `too_large`; the signal's reason
   */
  async ask(signal: AbortSignal): Promise<readonly number[]> {
    const urls = [...this.#unknown];
    if (this.#sizes.size + urls.length > this.#most)
      throw new RegistryError('too_large', `A request has at most ${this.#most} new addresses.`);
    return Promise.all(urls.map((url) => this.#ask(url, signal)));
  }

  async #ask(url: string, signal: AbortSignal): Promise<number> {
    try {
      const size = await this.#sources.size(url, signal);
      this.#sizes.set(url, size);
      return size;
    } catch (error) {
      if (!isRegistryError(error, 'not_found')) throw error;
      throw new RegistryError('bad_request', error.publicText, { cause: error });
    }
  }
}
