import { ReluctantMap } from '../reluctant-map.js';

/** Bytes that are held of all answers together, and of a single one. */
const MOST = 32 * 1024 * 1024;
const MOST_OF_ONE = 64 * 1024;

/** An answer with all that it says, but for what every answer has. */
export interface KeptAnswer {
  readonly json: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Answers as they were sent, for as long as a stamp shows that nothing has been committed since what they say was read: so they are never stale,
 * whoever commits.
 */
export class KeptAnswers {
  readonly #answers = new ReluctantMap<KeptAnswer>(MOST);
  #stamp: string | undefined;

  /** @param key all that the answer depends on, besides what is stored */
  find(key: string, stamp: string): KeptAnswer | undefined {
    return stamp === this.#stamp ? this.#answers.get(key) : undefined;
  }

  /** @param stamp which was the same before what the answer says was read, and afterwards */
  keep(key: string, stamp: string, answer: KeptAnswer): void {
    if (stamp !== this.#stamp) this.#answers.clear();
    this.#stamp = stamp;
    const weight = weightOf(key) + weightOf(answer.json) + JSON.stringify(answer.headers).length;
    if (weight <= MOST_OF_ONE && this.#answers.admits(weight)) this.#answers.set(key, answer, weight);
  }
}

/** Bytes in memory: one for each character, two when there is any for which one is too few. */
function weightOf(text: string): number {
  return Buffer.byteLength(text) === text.length ? text.length : 2 * text.length;
}
