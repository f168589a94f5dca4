/** Lets any amount of shared work go on at the same time, and exclusive work alone. */
export class Gate {
  readonly #running = new Set<Promise<unknown>>();
  #exclusive: Promise<unknown> | undefined;

  /** Runs when no exclusive work is going on or waiting. */
  async shared<T>(work: () => Promise<T>): Promise<T> {
    while (this.#exclusive !== undefined) await settled(this.#exclusive);
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Runs when all other work that has begun is over. */
  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    while (this.#exclusive !== undefined) await settled(this.#exclusive);
    const alone = Promise.allSettled(this.#running).then(work);
    this.#exclusive = alone;
    try {
      return await alone;
    } finally {
      this.#exclusive = undefined;
    }
  }
}

async function settled(work: Promise<unknown>): Promise<void> {
  await Promise.allSettled([work]);
}
