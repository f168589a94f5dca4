import { collectRecords } from './collect-records.js';
import type { CatalogueSpace } from './catalogue-space.js';
import type { RecordValue } from './key-space.js';
import { decodeId } from './row-encoding.js';
import { PROCESS_ROWS, processKey } from './rows.js';

/** The sign of life of a registry that is writing blobs: as long as its counter goes up, nobody touches what it writes. */
export interface ProcessRecord {
  /** uuid of the registry, never used twice. */
  readonly id: string;
  readonly boot: string | null;
  readonly namespace: string | null;
  readonly pid: number;
  readonly start: string | null;
  /** Milliseconds without a sign of life after which it counts as dead. */
  readonly leaseTime: number;
  /** How often it has shown a sign of life. */
  readonly counter: number;
}

/**
 * The registries that are writing blobs, in the key space that the image catalogue has opened. Every method throws RegistryError `unavailable`
 * when the key space cannot be reached or is too slow.
 */
export class ProcessBook {
  readonly #space: CatalogueSpace;

  constructor(space: CatalogueSpace) {
    this.#space = space;
  }

  /** Enters a registry, or writes over what it has entered. */
  async put(process: ProcessRecord): Promise<void> {
    for (;;) {
      const [record] = await this.#space.get([processKey(process.id)]);
      if (await this.#space.put(processKey(process.id), record, { ...process })) return;
    }
  }

  /** Counts a registry up by one. False: it is not entered (any more). */
  async renew(id: string): Promise<boolean> {
    return this.#change(id, (value) => ({ ...value, counter: processOf(value).counter + 1 }));
  }

  /** Takes a registry out; one that is not entered is no error. */
  async remove(id: string): Promise<void> {
    await this.#change(id, () => null);
  }

  /** All that are entered. */
  async list(): Promise<ProcessRecord[]> {
    return collectRecords(this.#space, {
      ...PROCESS_ROWS,
      limit: Infinity,
      keyOf: (row) => processKey(decodeId(row)),
      pick: ({ value }) => processOf(value),
    });
  }

  /** Changes or removes a record, again when somebody else was faster. False: there is none. */
  async #change(id: string, next: (value: RecordValue) => RecordValue | null): Promise<boolean> {
    const key = processKey(id);
    for (;;) {
      const [record] = await this.#space.get([key]);
      if (record === undefined) return false;
      if (await this.#space.put(key, record, next(record.value))) return true;
    }
  }
}

function processOf(value: RecordValue): ProcessRecord {
  // The process book alone writes these records, and it writes processes.
  return value as unknown as ProcessRecord;
}
