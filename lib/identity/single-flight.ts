/** Joins calls for the same thing: who comes while the work for a key goes on waits for that work. */
export class SingleFlight<V> {
  readonly #flights = new Map<string, Promise<V>>();

  /** Rejects, for everyone who waits, with what the work rejects with; the next call starts anew. */
  run(key: string, work: () => Promise<V>): Promise<V> {
    const going = this.#flights.get(key);
    if (going !== undefined) return going;
    const flight = work().finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }
}
