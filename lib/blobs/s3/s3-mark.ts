import { setTimeout as sleep } from 'node:timers/promises';
import { RegistryError } from '../../errors.js';
import { hasStatus } from './s3-failure.js';
import type { S3Objects } from './s3-objects.js';

/** ms that a new mark must have stood before it counts, where S3 cannot refuse a second one. */
const SETTLING = 2000;
/** ms after which a mark counts at once, by clocks that may differ: S3 refuses a client whose clock is more than 15 minutes off. */
const OLD = 30 * 60_000;

/** The mark of an S3 store: an object that is written once. */
export class S3Mark {
  readonly #objects: S3Objects;
  readonly #key: string;
  /** What it was when it was last seen; null: it was never seen. */
  #known: string | null = null;

  constructor(objects: S3Objects, key: string) {
    this.#objects = objects;
    this.#key = key;
  }

  /** The mark, null when there is none. */
  async read(): Promise<string | null> {
    const found = await this.#look();
    if (found === null) return null;
    if (found.text !== this.#known && Date.now() - found.written.getTime() < OLD)
      return this.#settled(found.text);
    this.#known = found.text;
    return found.text;
  }

  /** Puts a mark if there is none. Gives the mark that stands. */
  async put(mark: string): Promise<string> {
    const stands = await this.read();
    if (stands !== null) return stands;
    if (await this.#putOnce(mark)) this.#known = mark;
    const text = await this.read();
    if (text === null) throw new RegistryError('unavailable', 's3 store: its mark has gone');
    return text;
  }

  /**
   * Makes sure that the medium is there and is the one that it was: its mark is the one that was last read, or, if none was ever read, there is a bucket.
   * @throws RegistryError `unavailable`
   */
  async check(): Promise<void> {
    if (this.#known === null) {
      await this.#objects.checkBucket();
      return;
    }
    if ((await this.#look())?.text === this.#known) return;
    throw new RegistryError(
      'unavailable',
      `s3 store: its objects are not there or another store's are, the object ${this.#key} with "${this.#known}" is missing`,
    );
  }

  /** @returns whether this is the mark for good, as S3 keeps others from writing one */
  async #putOnce(mark: string): Promise<boolean> {
    const body = Buffer.from(`${mark}\n`);
    try {
      await this.#objects.put(this.#key, body, { absent: true });
    } catch (error) {
      // Another process has put one, or puts one now.
      if (hasStatus(error, 409, 412)) return false;
      if (!hasStatus(error, 400, 501)) throw error;
      await this.#objects.put(this.#key, body);
      return false;
    }
    // Some servers do not know the condition, and do not say so: they take the same text again.
    try {
      await this.#objects.put(this.#key, body, { absent: true });
      return false;
    } catch (error) {
      if (hasStatus(error, 412)) return true;
      throw error;
    }
  }

  /** Whoever found no mark has written one meanwhile: the last of them stands, and all see that one. */
  async #settled(first: string): Promise<string> {
    for (let before = first; ;) {
      await sleep(SETTLING);
      const now = await this.#look();
      if (now === null) throw new RegistryError('unavailable', 's3 store: its mark has gone');
      if (now.text === before) {
        this.#known = before;
        return before;
      }
      before = now.text;
    }
  }

  async #look(): Promise<{ readonly text: string; readonly written: Date } | null> {
    const found = await this.#objects.text(this.#key);
    // A missing bucket is no bucket without a mark.
    if (found === null) await this.#objects.checkBucket();
    return found === null ? null : { ...found, text: found.text.trim() };
  }
}
