import { ReluctantMap } from '../reluctant-map.js';

/** Bytes that are held of all answers together, and of a single one. */
const MOST = 32 * 1024 * 1024;
const MOST_OF_ONE = 64 * 1024;

/** An answer with all that it says, but for what every answer has. */
export interface Answer<Body = Buffer> {
  /** A JSON document. */
  readonly body: Body;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Answers as they were sent, for as long as a stamp shows that nothing has been committed since what they say was read: so they are never stale,
 * whoever commits. They are held as bytes, outside of the heap.
 */
export class KeptAnswers {
  readonly #answers = new ReluctantMap<Answer>(MOST);
  #stamp: string | undefined;

  /** @param key all that the answer depends on, besides what is stored */
  find(key: string, stamp: string): Answer | undefined {
    return stamp === this.#stamp ? this.#answers.get(key) : undefined;
  }

  /** @param stamp which was the same before what the answer says was read, and afterwards */
  keep(key: string, stamp: string, { body, headers }: Answer<string>): void {
    if (stamp !== this.#stamp) this.#answers.clear();
    this.#stamp = stamp;
    const weight = Buffer.byteLength(body) + 2 * (key.length + JSON.stringify(headers).length);
    if (weight <= MOST_OF_ONE && this.#answers.admits(weight))
      this.#answers.set(key, { body: Buffer.from(body), headers }, weight);
  }
}
