import type { KeyvStoreAdapter } from 'keyv';

/**
 * What the store does with a call: carry it out, reject it, keep it waiting, carry it out and keep the answer waiting, or
 * acknowledge nothing and do nothing.
 */
export type Mood = 'works' | 'fails' | 'hangs' | 'mute' | 'refuses';

/** An asynchronous storage adapter without iterator, whose medium outlives it and whose mood can be changed. */
export class FlakyStore implements KeyvStoreAdapter {
  readonly opts = { url: 'flaky:' };
  readonly #medium: Map<string, unknown>;
  #mood: Mood = 'works';
  #waiting: (() => void)[] = [];
  /** Called with each write before it is answered, which then takes this mood; `undefined`: the store's own. */
  onSet: (key: string) => Mood | undefined = () => undefined;

  constructor(medium = new Map<string, unknown>()) {
    this.#medium = medium;
  }

  /** What waits is carried out as soon as the store works again. */
  set mood(mood: Mood) {
    this.#mood = mood;
    if (mood !== 'works') return;
    for (const go of this.#waiting.splice(0)) go();
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  on(): this {
    return this;
  }

  async get<Value>(key: string): Promise<Value | undefined> {
    await this.#take(this.#mood);
    return this.#medium.get(key) as Value | undefined;
  }

  async set(key: string, value: unknown): Promise<boolean> {
    const mood = this.onSet(key) ?? this.#mood;
    await this.#take(mood);
    if (mood !== 'refuses') this.#medium.set(key, value);
    if (mood === 'mute') await this.#wait();
    return mood !== 'refuses';
  }

  async delete(key: string): Promise<boolean> {
    const mood = this.#mood;
    await this.#take(mood);
    return mood !== 'refuses' && this.#medium.delete(key);
  }

  clear(): Promise<void> {
    this.#medium.clear();
    return Promise.resolve();
  }

  async #take(mood: Mood): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (mood === 'fails') throw new Error('the flaky store is down');
    if (mood === 'hangs') await this.#wait();
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
