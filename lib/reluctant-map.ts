/** When there is no more room, one of so many newcomers is admitted. */
const ADMITTED = 16;

interface Entry<Value> {
  readonly value: Value;
  readonly weight: number;
}

/**
 * Holds what was asked for last, as much as there is room for, and is slow to let it go: once it is full, one of 16 newcomers takes the place of those that
 * were not asked for longest. So where more is asked for in turns than there is room for, a part of it stays; to take in each, and push out
 * what comes next, would cost more than to hold nothing. What is asked for often gets in soon.
 */
export class ReluctantMap<Value> {
  /** Those that were asked for last at the end. */
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #room: number;
  #weight = 0;
  #newcomers = 0;

  /** @param room what all values may weigh together */
  constructor(room: number) {
    this.#room = room;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Whether a value that it does not have may come in now. To be asked once for each time that somebody wanted it. */
  admits(weight: number): boolean {
    if (this.#weight + weight <= this.#room) return true;
    if (weight > this.#room) return false;
    this.#newcomers += 1;
    return this.#newcomers % ADMITTED === 0;
  }

  /** Takes a value in, in the place of the one that the key has, and lets go what there is no room for any more. */
  set(key: string, value: Value, weight: number): void {
    this.#delete(key);
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#room) return;
      this.#delete(oldest);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }

  #delete(key: string): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
  }
}
