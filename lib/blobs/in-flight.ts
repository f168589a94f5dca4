/** Work that goes on beside a loop: at most `limit` pieces at once; the first failure ends it all. */
export class InFlight {
  readonly #limit: number;
  readonly #failed: () => void;
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | null = null;

  /** @param failed called at the first failure, to wake a loop that waits for something else */
  constructor(limit: number, failed: () => void) {
    this.#limit = limit;
    this.#failed = failed;
  }

  /**
   * Starts `work` when there is room for it.
   * @throws what earlier work has failed with
   */
  async add(work: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#limit) await Promise.race(this.#running);
    this.#check();
    this.tryAdd(work);
  }

  /** Starts `work` if there is room for it now. */
  tryAdd(work: () => Promise<void>): void {
    if (this.#running.size >= this.#limit) return;
    const running: Promise<void> = this.#watch(work).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /**
   * Waits for all that was started.
   * @throws what the first of it to fail has failed with
   */
  async drain(): Promise<void> {
    await Promise.all(this.#running);
    this.#check();
  }

  async #watch(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#failure !== null) return;
      this.#failure = { error };
      this.#failed();
    }
  }

  #check(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
