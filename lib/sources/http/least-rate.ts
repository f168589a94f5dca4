/** Tells a source that gives next to nothing, so that it never counts as silent, from one that is slow. Only time spent waiting for it counts. */
export class LeastRate {
  readonly #rate: number;
  readonly #span: number;
  readonly #now: () => number;
  #since: number | null = null;
  #waited = 0;
  #bytes = 0;

  /**
   * @param rate bytes per second
   * @param span milliseconds of waiting over which it is measured
   * @param now monotonic clock, in milliseconds
   */
  constructor(rate: number, span: number, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#span = span;
    this.#now = now;
  }

  /** From now on the source is waited for. */
  wait(): void {
    this.#since ??= this.#now();
  }

  /** The source is not waited for any more: nobody takes what it gives. */
  rest(): void {
    if (this.#since !== null) this.#waited += this.#now() - this.#since;
    this.#since = null;
  }

  /** Counts what has come. @returns false when the source is too slow */
  took(bytes: number): boolean {
    const waiting = this.#since !== null;
    this.rest();
    if (waiting) this.wait();
    this.#bytes += bytes;
    if (this.#waited < this.#span) return true;
    const enough = this.#bytes * 1000 >= this.#rate * this.#waited;
    this.#waited = 0;
    this.#bytes = 0;
    return enough;
  }
}
