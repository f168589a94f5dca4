import { ReluctantMap } from '../../reluctant-map.js';
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
 * whoever has written it, and the same object stands for the same record of the same revision. Those that are held are frozen, since all who ask share
 * them.
 */
export class RecordCache {
  readonly #held = new ReluctantMap<Decoded>(MOST_TEXT);
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
    const held = this.#held.get(key);
    if (held?.text === text) return held.record;
    const record = this.#decode(text);
    if (held === undefined && !this.#held.admits(text.length)) return record;
    this.#held.set(key, { text, record: frozen(record) }, text.length);
    return record;
  }
}

function decoded(text: string): StoredRecord {
  // Only key spaces write here, and they write records.
  return JSON.parse(text) as StoredRecord;
}
