import type { Database, RootDatabase } from 'lmdb';
import type { FoundRecords, RecordTest } from '../key-space.js';

/** How long one search may take, ms, and after how many records it looks at the clock. */
const MOST_TIME = 5;
const CLOCK = 64;

/** Part of a buffer of LMDB, which holds the next key or value soon. */
interface Place {
  buffer: Buffer;
  start: number;
  end: number;
}

/**
 * Looks for texts in the records of a database: a million of them in less than a second, which takes some care. LMDB copies each value into one and the same
 * buffer and has it decoded, here by looking for bytes in it, so that no string is made of a value but of those that have the texts. Buffers that end where a
 * value does are kept by length, for making one costs as much as the search in it. No string is made of a key, either, but of those that are told: a key stays
 * where LMDB has put it until the next one is read.
 */
export class LmdbRecordSearch {
  readonly #records: Database<Buffer | null, string>;
  readonly #key: Place = { buffer: Buffer.alloc(0), start: 0, end: 0 };
  /** What LMDB copies values into, and its beginnings by length. */
  #buffer: Buffer | undefined;
  #values: Buffer[] = [];
  #texts: readonly Buffer[] = [];

  /** @param name the database of records, whose keys are of plain characters */
  constructor(root: RootDatabase, name: string) {
    const key = this.#key;
    const options = {
      name,
      keyEncoder: {
        writeKey,
        readKey(buffer: Buffer, start: number, end: number): string {
          key.buffer = buffer;
          key.start = start;
          key.end = end;
          return '';
        },
        // Keys end in zeros, as those of strings do in LMDB: the same order.
        enableNullTermination: () => undefined,
      },
      encoder: {
        encode: () => {
          throw new Error('Nothing is written here');
        },
        decode: (buffer: Buffer, size: number) => this.#candidate(buffer, size),
      },
    };
    this.#records = root.openDB(options);
  }

  /** What of these records passes. */
  search({ start, end, limit, texts, test }: RecordTest): FoundRecords {
    this.#texts = texts.map((text) => Buffer.from(text));
    const until = performance.now() + MOST_TIME;
    const keys: string[] = [];
    let looked = 0;
    // A limit of LMDB's would have it read the key behind the last one.
    for (const { value } of this.#records.getRange({ start, end })) {
      if (value !== null && test?.(value.toString()) !== false) keys.push(this.#lastKey());
      looked += 1;
      if (looked === limit || (looked % CLOCK === 0 && performance.now() > until))
        return { keys, last: this.#lastKey() };
    }
    return { keys, last: null };
  }

  /** A value that has the texts. */
  #candidate(buffer: Buffer, size: number): Buffer | null {
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
      this.#values = [];
    }
    const value = (this.#values[size] ??= Buffer.from(buffer.buffer, buffer.byteOffset, size));
    for (const text of this.#texts) if (!value.includes(text)) return null;
    return value;
  }

  #lastKey(): string {
    const { buffer, start, end } = this.#key;
    return buffer.toString('latin1', start, end);
  }
}

/** @throws RangeError where there is no room, which LMDB takes for a call to make some */
function writeKey(key: string, target: Buffer, start: number): number {
  const end = start + Buffer.byteLength(key);
  if (end + 4 > target.length) throw new RangeError(`A key of ${end - start} bytes does not fit`);
  target.write(key, start);
  target.fill(0, end, end + 4);
  return end;
}
