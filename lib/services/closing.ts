import { withDeadline } from '../deadline.js';

/** The longest a timer can wait, ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Steps of an end that follow each other within one time. Each has its turn, whatever became of those before. */
export class Closing {
  readonly #end: number;
  #failures: unknown[] = [];

  /**
   * @param milliseconds for all steps together; without, each step takes as long as it does
   * @throws TypeError when that is no time
   */
  constructor(milliseconds = Infinity) {
    if (typeof milliseconds !== 'number' || !(milliseconds >= 0))
      throw new TypeError('close: deadline must be a number of milliseconds, 0 or more');
    this.#end = performance.now() + milliseconds;
  }

  /** Does a step in the time that is left. Once that is over, the steps that are still to come are begun and not waited for. */
  async step(what: string, work: () => Promise<unknown>): Promise<void> {
    const left = this.#end - performance.now();
    try {
      await (left === Infinity
        ? work()
        : withDeadline(work, Math.min(Math.max(1, left), LONGEST_TIMER), what));
    } catch (error) {
      this.#failures.push(error);
    }
  }

  /** @throws the first failure of a step; RegistryError `unavailable` where that was one of time */
  finish(): void {
    if (this.#failures.length > 0) throw this.#failures[0];
  }
}
