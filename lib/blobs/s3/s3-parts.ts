import { RegistryError } from '../../errors.js';
import { InFlight } from '../in-flight.js';
import { MOST_PARTS } from './part-plan.js';

/** The parts of one upload on their way, at most a few at once. */
export class S3Parts {
  readonly #etags: string[] = [];
  readonly #sending: InFlight;
  /** Of the first part that has failed. */
  #failure: unknown = null;

  /** @param failed called at the first failure of a part, to wake who waits for something else */
  constructor(concurrency: number, failed: () => void) {
    this.#sending = new InFlight(concurrency, failed);
  }

  /**
   * Does work that adds parts, and waits until none of them is on its way any more, also after a failure: a part that comes in when its upload is
   * aborted already would be left over.
   * @returns ETags of all parts, in their order
   * @throws what came first, a failure of the work or of a part
   */
  async all(work: () => Promise<void>): Promise<readonly string[]> {
    try {
      await work();
      await this.#sending.drain();
      return this.#etags;
    } catch (error) {
      const first = this.#failure instanceof Error ? this.#failure : error;
      await Promise.allSettled([this.#sending.drain()]);
      throw first;
    }
  }

  /**
   * Begins to send the next part when there is room for it.
   * @param send is given its number, 1 to 10 000, and gives its ETag
   */
  async add(send: (number: number) => Promise<string>): Promise<void> {
    const index = this.#etags.length;
    if (index === MOST_PARTS) {
      const text = `s3 store: an upload has at most ${MOST_PARTS} parts: announce its size, or configure a larger partSize`;
      throw new RegistryError('store_full', text);
    }
    this.#etags.push('');
    await this.#sending.add(async () => {
      try {
        this.#etags[index] = await send(index + 1);
      } catch (error) {
        this.#failure ??= error;
        throw error;
      }
    });
  }
}
