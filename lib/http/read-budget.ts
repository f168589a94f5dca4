import { RegistryError } from '../errors.js';

/** Bytes of one body that are never counted: no more than its headers may have taken already. */
const FREE = 16 * 1024;

export interface ReadBudgetOptions {
  /** Most bytes that the bodies of one caller may take together while they are read. */
  readonly each: number;
  /** Most bytes of all of them. */
  readonly all: number;
}

/** One body that is being gathered in memory. */
export interface HeldBody {
  /**
   * Counts bytes before they are kept.
   * @throws RegistryError `unavailable`, which asks the client to come again later
   */
  add(bytes: number): void;
  /** Gives back all that was counted; more than once does no harm. */
  end(): void;
}

/**
 * Bounds the memory of bodies that can be used only when they are whole: JSON documents, fields of forms. A client that sends slowly holds
 * them as long as it likes, so that the number of connections alone would decide.
 */
export class ReadBudget {
  readonly #options: ReadBudgetOptions;
  readonly #held = new Map<string, number>();
  #all = 0;

  constructor(options: ReadBudgetOptions) {
    this.#options = options;
  }

  /** Bytes that are counted now. */
  get held(): number {
    return this.#all;
  }

  /** @param key of the caller, whose bodies share what one caller may take */
  begin(key: string): HeldBody {
    let size = 0;
    let counted = 0;
    return {
      add: (bytes) => {
        const more = Math.max(0, size + bytes - FREE) - counted;
        if (more > 0) this.#count(key, more);
        size += bytes;
        counted += more;
      },
      end: () => {
        this.#change(key, -counted);
        counted = 0;
      },
    };
  }

  #count(key: string, bytes: number): void {
    const { each, all } = this.#options;
    if ((this.#held.get(key) ?? 0) + bytes > each || this.#all + bytes > all)
      throw new RegistryError('unavailable', 'too many bodies are being read');
    this.#change(key, bytes);
  }

  #change(key: string, bytes: number): void {
    this.#all += bytes;
    const held = (this.#held.get(key) ?? 0) + bytes;
    if (held === 0) this.#held.delete(key);
    else this.#held.set(key, held);
  }
}
