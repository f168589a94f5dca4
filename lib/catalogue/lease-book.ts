import { RegistryError } from '../errors.js';
import { collectRecords } from './collect-records.js';
import type { KeySpace, RecordValue } from './key-space.js';
import { LEASE_ROWS, leaseKey, leaseRow } from './rows.js';

/** The sign that an upload is alive: as long as its counter goes up, nobody touches the image or the blob. */
export interface Lease {
  /** Image id. */
  readonly image: string;
  /** Names the upload: 1 to 190 lower-case letters, digits and hyphens, never used twice. */
  readonly attempt: string;
  /** Name of the blob store that is written to. */
  readonly store: string;
  /** Key of the blob that is written. */
  readonly key: string;
  /** Names the process, so that one of the same host can be found dead. */
  readonly process: string;
  /** The image's owner when the upload began: the project whose storage quota it counts for. */
  readonly owner: string | null;
  /** How often the lease has been renewed. */
  readonly counter: number;
}

const ATTEMPT = /^[a-z0-9-]{1,190}$/;

/**
 * The leases of all uploads under way, in the key space that the image catalogue has opened. Every method throws
 * RegistryError `unavailable` when the key space cannot be reached or is too slow.
 */
export class LeaseBook {
  readonly #space: KeySpace;

  constructor(space: KeySpace) {
    this.#space = space;
  }

  /**
   * Enters a new lease.
   * @throws RegistryError `internal` when its attempt is not written as it should be, or has a lease already
   */
  async put(lease: Lease): Promise<void> {
    const { attempt } = lease;
    if (!ATTEMPT.test(attempt)) throw new RegistryError('internal', `Not the name of an attempt: ${attempt}`);
    const created = await this.#space.commit({
      key: leaseKey(attempt),
      expected: 0,
      value: { ...lease },
      addRows: [leaseRow(attempt)],
      removeRows: [],
    });
    if (!created) throw new RegistryError('internal', `The attempt ${attempt} has a lease already`);
  }

  /** Counts the lease up by one. False: it is gone, somebody has ended this upload. */
  async renew({ attempt }: Pick<Lease, 'attempt'>): Promise<boolean> {
    return this.#change(attempt, (value) => ({ ...value, counter: leaseOf(value).counter + 1 }));
  }

  /** Takes a lease out; one that is not there is no error. */
  async remove(attempt: string): Promise<void> {
    await this.#change(attempt, () => null);
  }

  /** Leases in the order of their attempts, those behind the attempt `after`; at most `limit`, 1 000 by default. */
  async list(after?: string, limit = 1000): Promise<Lease[]> {
    return collectRecords(this.#space, {
      start: after === undefined ? LEASE_ROWS.start : leaseRow(after) + '\0',
      end: LEASE_ROWS.end,
      limit,
      keyOf: (row) => leaseKey(row.slice(LEASE_ROWS.start.length)),
      pick: ({ value }) => leaseOf(value),
    });
  }

  /** Changes or removes a lease, again when somebody else was faster. False: there is none. */
  async #change(attempt: string, next: (value: RecordValue) => RecordValue | null): Promise<boolean> {
    const key = leaseKey(attempt);
    for (;;) {
      const [record] = await this.#space.get([key]);
      if (record === undefined) return false;
      const value = next(record.value);
      const removeRows = value === null ? [leaseRow(attempt)] : [];
      if (await this.#space.commit({ key, expected: record.revision, value, addRows: [], removeRows }))
        return true;
    }
  }
}

function leaseOf(value: RecordValue): Lease {
  // The lease book alone writes these records, and it writes leases.
  return value as unknown as Lease;
}
