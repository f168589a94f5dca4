import { frozen } from '../frozen.js';
import type { StoredRecord } from '../key-space.js';

/** Characters of JSON that are held, at most; decoded they take a few times as much. */
const MOST_TEXT = 2 * 1024 * 1024;
/** Who reads more than this at once looks through many: that must not push out what is asked for again and again. */
const MOST_AT_ONCE = 110;
/** When there is no more room, one of so many newcomers takes the place of those that were not asked for longest. */
const ADMITTED = 16;

interface Decoded {
  readonly text: string;
  readonly record: StoredRecord;
}

/**
 * Decoded records, as long as their text is the same: what the medium holds is read each time, and only not decoded again. So nothing is ever stale,
 * whoever has written it, and the same object stands for the same record of the same revision. Those are frozen, since all who ask share them.
 *
 * Where more is asked for in turns than there is room for, a part of it stays: to take all in, each time to push out what comes next, would cost more than
 * to keep nothing. What is asked for often gets in soon.
 */
export class RecordCache {
  /** Those that were asked for last at the end. */
  readonly #kept = new Map<string, Decoded>();
  /** Characters of them. */
  #size = 0;
  #newcomers = 0;
  readonly #decode: (text: string) => StoredRecord;

  /** @param decode decodes the text of a record. Default: it is JSON */
  constructor(decode: (text: string) => StoredRecord = decoded) {
    this.#decode = decode;
  }

  /** What decodes records, for somebody who reads so many at once. */
  decoderFor(count: number): (key: string, text: string) => StoredRecord {
    return count > MOST_AT_ONCE ? (_key, text) => this.#decode(text) : (key, text) => this.decode(key, text);
  }

  /** The record of which this is the text. */
  decode(key: string, text: string): StoredRecord {
    const kept = this.#kept.get(key);
    if (kept === undefined && !this.#admits(text)) return this.#decode(text);
    const record = kept?.text === text ? kept.record : frozen(this.#decode(text));
    this.#forget(key, kept);
    this.#keep(key, { text, record });
    return record;
  }

  #admits({ length }: string): boolean {
    if (this.#size + length <= MOST_TEXT) return true;
    if (length > MOST_TEXT) return false;
    this.#newcomers += 1;
    return this.#newcomers % ADMITTED === 0;
  }

  #keep(key: string, decoded: Decoded): void {
    this.#kept.set(key, decoded);
    this.#size += decoded.text.length;
    for (const [oldest, old] of this.#kept) {
      if (this.#size <= MOST_TEXT) return;
      this.#forget(oldest, old);
    }
  }

  #forget(key: string, decoded: Decoded | undefined): void {
    if (decoded === undefined) return;
    this.#kept.delete(key);
    this.#size -= decoded.text.length;
  }
}

function decoded(text: string): StoredRecord {
  // Only key spaces write here, and they write records.
  return JSON.parse(text) as StoredRecord;
}
