/** Numbers that look random and are the same for the same seed, so that a run can be repeated. */
export class CrashRandom {
  readonly seed: number;
  #state: number;

  /** @param seed 0 to 2^32 - 1; default: the environment variable CRASH_SEED, else another one each time */
  constructor(seed = Number(process.env.CRASH_SEED ?? Date.now() % 2 ** 32)) {
    this.seed = seed;
    this.#state = seed;
  }

  /** A whole number, `min` and `max` included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.#next() * (max - min + 1));
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.whole(0, items.length - 1)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** mulberry32. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
