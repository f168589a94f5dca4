/** A cache of bounded size whose entries end at a time of their own. The one that was used longest ago makes room. */
export class ExpiringCache<V> {
  readonly #size: number;
  /** A Map keeps the order of insertion: the first key is the one that was used longest ago. */
  readonly #entries = new Map<string, { readonly value: V; readonly until: number }>();

  /** @param size the most entries, 0 for none */
  constructor(size: number) {
    this.#size = size;
  }

  /** The value, undefined when there is none or its time is up. */
  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.until <= Date.now()) return undefined;
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** @param until when the entry ends, ms since 1970 */
  set(key: string, value: V, until: number): void {
    this.#entries.delete(key);
    if (this.#size === 0 || until <= Date.now()) return;
    this.#entries.set(key, { value, until });
    if (this.#entries.size <= this.#size) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  clear(): void {
    this.#entries.clear();
  }
}
