import { frozen } from '../frozen.js';
import type { StoredRecord } from '../key-space.js';

/** Characters of JSON that are held, at most; decoded they take a few times as much. */
const MOST_TEXT = 2 * 1024 * 1024;
/** Who reads more than this at once looks through many: that must not push out what is asked for again and again. */
const MOST_AT_ONCE = 110;

interface Decoded {
  readonly text: string;
  readonly record: StoredRecord;
}

/**
 * Decoded records, as long as their text is the same: what the medium holds is read each time, and only not decoded again. So nothing is ever stale,
 * whoever has written it, and the same object stands for the same record of the same revision. Records are frozen, since all who ask share them.
 */
export class RecordCache {
  /** Those that were asked for since the others were, half of all at most. */
  #young = new Map<string, Decoded>();
  #old = new Map<string, Decoded>();
  /** Characters of the young ones. */
  #size = 0;

  /** What decodes records, for somebody who reads so many at once. */
  decoderFor(count: number): (key: string, text: string) => StoredRecord {
    return count > MOST_AT_ONCE ? (_key, text) => decoded(text) : (key, text) => this.decode(key, text);
  }

  /** The record of which this is the text. */
  decode(key: string, text: string): StoredRecord {
    const young = this.#young.get(key);
    if (young?.text === text) return young.record;
    const old = this.#old.get(key);
    const record = old?.text === text ? old.record : frozen(decoded(text));
    this.#keep(key, { text, record });
    return record;
  }

  #keep(key: string, decoded: Decoded): void {
    this.#size += decoded.text.length - (this.#young.get(key)?.text.length ?? 0);
    if (this.#size > MOST_TEXT / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#size = decoded.text.length;
      if (this.#size > MOST_TEXT / 2) return;
    }
    this.#young.set(key, decoded);
  }
}

function decoded(text: string): StoredRecord {
  // Only key spaces write here, and they write records.
  return JSON.parse(text) as StoredRecord;
}
