import { RegistryError } from '../../errors.js';
import type { GuardedKeyv } from './guarded-keyv.js';

/** Keys in a bucket before the next one is begun. */
const CAPACITY = 64;
/** Buckets read at the same time. */
const AT_ONCE = 32;
const HEAD = 'registry/head';

interface Head {
  /** Another one after each rewriting; the name of every bucket has it. */
  readonly generation: number;
  /** No bucket has this number or a higher one. */
  readonly buckets: number;
}

/**
 * The keys of all records, kept in the store itself because many Keyv adapters cannot list theirs: in buckets, with the
 * number of buckets at the head. A key is written here before its record is, and stays when the record is removed, until
 * `rewrite`. Adding one costs the same however many there are.
 */
export class KeyList {
  readonly #store: GuardedKeyv;
  #head: Head = { generation: 0, buckets: 0 };
  #bucket: readonly string[] = [];
  #next: { readonly keys: string[]; readonly written: Promise<void> } | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(store: GuardedKeyv) {
    this.#store = store;
  }

  /**
   * Reads all keys; some may be there more than once, or have no record.
   * @throws RegistryError `unavailable`
   */
  async load(): Promise<string[]> {
    this.#head = (parse(await this.#store.read(HEAD)) as Head | undefined) ?? { generation: 0, buckets: 0 };
    this.#bucket = [];
    const keys: string[] = [];
    for (const numbers of slices([...Array(this.#head.buckets).keys()], AT_ONCE)) {
      const buckets = await Promise.all(numbers.map((number) => this.#store.read(this.#name(number))));
      for (const text of buckets) {
        this.#bucket = (parse(text) as string[] | undefined) ?? [];
        keys.push(...this.#bucket);
      }
    }
    return keys;
  }

  /**
   * Resolves when the key is in the store. Keys that are added while a bucket is being written go together.
   * @throws RegistryError `unavailable`
   */
  add(key: string): Promise<void> {
    if (this.#next === undefined) {
      const keys: string[] = [];
      const write = (): Promise<void> => {
        this.#next = undefined;
        return this.#append(keys);
      };
      const written = this.#last.then(write, write);
      this.#next = { keys, written };
      this.#last = written;
    }
    this.#next.keys.push(key);
    return this.#next.written;
  }

  /**
   * Replaces the whole list, before the first `add`. The old buckets are removed last: an interruption loses no key.
   * @throws RegistryError `unavailable`
   */
  async rewrite(keys: readonly string[]): Promise<void> {
    const old = Array.from({ length: this.#head.buckets }, (_, number) => this.#name(number));
    const head = { generation: this.#head.generation + 1, buckets: Math.ceil(keys.length / CAPACITY) };
    for (let number = 0; number < head.buckets; number++) {
      this.#bucket = keys.slice(number * CAPACITY, (number + 1) * CAPACITY);
      await this.#store.write(this.#name(number, head), JSON.stringify(this.#bucket));
    }
    await this.#store.write(HEAD, JSON.stringify(head));
    this.#head = head;
    for (const name of old) await this.#store.remove(name);
  }

  async #append(keys: readonly string[]): Promise<void> {
    if (this.#head.buckets === 0 || this.#bucket.length >= CAPACITY) {
      const head = { ...this.#head, buckets: this.#head.buckets + 1 };
      await this.#store.write(HEAD, JSON.stringify(head));
      this.#head = head;
      this.#bucket = [];
    }
    const bucket = [...this.#bucket, ...keys];
    await this.#store.write(this.#name(this.#head.buckets - 1), JSON.stringify(bucket));
    this.#bucket = bucket;
  }

  #name(number: number, head = this.#head): string {
    return `registry/keys/${head.generation}/${number}`;
  }
}

/** Undefined when there is no text. */
function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RegistryError('unavailable', 'The list of keys in Keyv is damaged', { cause: error });
  }
}

/** `items` in portions of at most `size`. */
export function* slices<T>(items: readonly T[], size: number): Generator<readonly T[], void> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
