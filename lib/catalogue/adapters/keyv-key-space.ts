import { randomUUID } from 'node:crypto';
import { withDeadline } from '../../deadline.js';
import { RegistryError } from '../../errors.js';
import { processWarnings, type Logger } from '../../logger.js';
import { requireFence } from '../fence.js';
import type { Change, Fence, KeySpace, RecordValue, RowKey, RowRange, StoredRecord } from '../key-space.js';
import { Gate } from './gate.js';
import { GuardedKeyv } from './guarded-keyv.js';
import type { InjectedKeyv } from './injected-keyv.js';
import { KeyList, slices } from './key-list.js';
import { KeyedQueue } from './keyed-queue.js';
import { KeyvFence } from './keyv-fence.js';
import { isInMemory, requireHonestKeyv } from './keyv-requirements.js';
import { SortedRows } from './sorted-rows.js';

export interface KeyvKeySpaceOptions {
  /** Milliseconds that a call of the store, and a commit as a whole, may take. Default 5 000. */
  readonly deadline?: number;
  /** Told at opening that one process only may use it; not so for a Keyv in memory. Default: `process.emitWarning`. */
  readonly logger?: Logger;
}

/** Records read at the same time, so that a store is neither idle nor flooded. */
const AT_ONCE = 32;
/** The list of keys is rewritten at opening when it has this many more keys than there are records, and twice as many. */
const DEAD_KEYS = 1_024;

/**
 * The ordered key space of any other Keyv: its records are entries of that Keyv, its rows are kept in memory and
 * rebuilt at every start. **One process only**: another one on the same store would not see the changes of this one, and the
 * two would overwrite each other's. The fence is in the store, so that a process of another release is found out.
 */
export function keyvKeySpace(keyv: InjectedKeyv, options: KeyvKeySpaceOptions = {}): KeySpace {
  return new KeyvKeySpace(keyv, options.deadline ?? 5_000, options.logger ?? processWarnings);
}

class KeyvKeySpace implements KeySpace {
  readonly #keyv: InjectedKeyv;
  readonly #deadline: number;
  readonly #logger: Logger;
  readonly #store: GuardedKeyv;
  readonly #list: KeyList;
  readonly #fence: KeyvFence;
  readonly #rows = new SortedRows();
  readonly #queue = new KeyedQueue();
  /** A commit that moves the fence goes alone, so that no other one passes the old fence and comes behind it. */
  readonly #gate = new Gate();
  /** Commits of which nobody knows yet whether they happened, by the key of the record. */
  readonly #doubts = new Map<string, Change>();
  #isOpen = false;
  #hasRows = false;

  constructor(keyv: InjectedKeyv, deadline: number, logger: Logger) {
    this.#keyv = keyv;
    this.#deadline = deadline;
    this.#logger = logger;
    this.#store = new GuardedKeyv(keyv, deadline);
    this.#list = new KeyList(this.#store);
    this.#fence = new KeyvFence(this.#store, async (change) => {
      if (((await this.#read(change.key))?.revision ?? 0) === change.expected) await this.#carryOut(change);
    });
  }

  async open(): Promise<void> {
    requireHonestKeyv(this.#keyv);
    await this.#probe();
    await this.#fence.read();
    this.#isOpen = true;
    if (!isInMemory(this.#keyv)) {
      this.#logger.warn(
        {},
        'The metadata is in a Keyv without order or transactions: only one process may use it',
      );
    }
  }

  async rebuild(derive: (key: string, value: RecordValue) => readonly RowKey[]): Promise<void> {
    this.#requireOpen();
    this.#rows.clear();
    const listed = await this.#list.load();
    const living: string[] = [];
    for (const keys of slices([...new Set(listed)], AT_ONCE)) {
      const records = await Promise.all(keys.map((key) => this.#read(key)));
      for (const [index, key] of keys.entries()) {
        const value = records[index]?.value;
        if (value === undefined) continue;
        living.push(key);
        this.#rows.change({ addRows: derive(key, value), removeRows: [] });
      }
    }
    if (listed.length > Math.max(2 * living.length, living.length + DEAD_KEYS)) {
      await this.#list.rewrite(living);
    }
    this.#hasRows = true;
  }

  async get(keys: readonly string[], fence?: Fence): Promise<(StoredRecord | undefined)[]> {
    this.#requireOpen();
    await this.#pass(fence, 'read');
    const records: (StoredRecord | undefined)[] = [];
    for (const some of slices(keys, AT_ONCE)) {
      records.push(...(await Promise.all(some.map((key) => this.#read(key)))));
    }
    return records;
  }

  async scanMany(ranges: readonly RowRange[], fence?: Fence): Promise<RowKey[][]> {
    this.#requireRows();
    // Rows in memory tell nothing of an outage.
    requireFence(await this.#fence.read(), fence, 'read');
    for (const keys of slices([...this.#doubts.keys()], AT_ONCE)) {
      await Promise.all(keys.map((key) => this.#resolveDoubt(key)));
    }
    return ranges.map((range) => this.#rows.scan(range));
  }

  async commit(change: Change): Promise<boolean> {
    this.#requireRows();
    const commit = (signal: AbortSignal): Promise<boolean> => {
      const inTurn = (): Promise<boolean> =>
        this.#queue.run(change.key, async () => {
          // Whoever asked for it while it waited for its turn has been told that it failed.
          signal.throwIfAborted();
          return this.#commit(change, signal);
        });
      return change.nextFence === undefined ? this.#gate.shared(inTurn) : this.#gate.exclusive(inTurn);
    };
    return withDeadline(commit, this.#deadline, 'A commit to Keyv');
  }

  close(): Promise<void> {
    this.#isOpen = false;
    this.#hasRows = false;
    this.#rows.clear();
    return Promise.resolve();
  }

  async #commit(change: Change, signal: AbortSignal): Promise<boolean> {
    const { key, expected, value, fence, nextFence } = change;
    await this.#store.settled(recordKey(key));
    await this.#resolveDoubt(key);
    await this.#pass(fence, 'commit');
    if (((await this.#read(key))?.revision ?? 0) !== expected) return false;
    if (value !== null && expected === 0) await this.#list.add(key);
    signal.throwIfAborted();
    const doubt = (): void => void this.#doubts.set(key, change);
    // The caller may be told that it failed before the store's own deadline is over.
    signal.addEventListener('abort', doubt);
    try {
      await (nextFence === undefined ? this.#carryOut(change) : this.#fence.move(nextFence, change));
    } catch (error) {
      doubt();
      throw error;
    } finally {
      signal.removeEventListener('abort', doubt);
    }
    this.#doubts.delete(key);
    return true;
  }

  async #carryOut(change: Change): Promise<void> {
    const { key, expected, value } = change;
    if (value !== null) await this.#store.write(recordKey(key), encode({ revision: expected + 1, value }));
    else if (expected !== 0) await this.#store.remove(recordKey(key));
    this.#rows.change(change);
  }

  async #pass(carried: Fence | undefined, use: 'commit' | 'read'): Promise<void> {
    if (carried !== undefined) requireFence(await this.#fence.read(), carried, use);
  }

  /** Looks whether an unacknowledged commit happened; it stays doubtful while it may still happen. */
  async #resolveDoubt(key: string): Promise<void> {
    const change = this.#doubts.get(key);
    if (change === undefined) return;
    const mayStillHappen = this.#store.isChanging(recordKey(key));
    const revision = (await this.#read(key))?.revision ?? 0;
    // Another call may have found out meanwhile, and gone on from there.
    if (this.#doubts.get(key) !== change) return;
    const happened = revision === (change.value === null ? 0 : change.expected + 1);
    if (happened) this.#rows.change(change);
    if (happened || !mayStillHappen) this.#doubts.delete(key);
  }

  async #read(key: string): Promise<StoredRecord | undefined> {
    const text = await this.#store.read(recordKey(key));
    return text === undefined ? undefined : decode(key, text);
  }

  /** A store that loses what it acknowledges is better found out at once. */
  async #probe(): Promise<void> {
    const text = randomUUID();
    await this.#store.write('registry/probe', text);
    if ((await this.#store.read('registry/probe')) !== text) {
      throw new RegistryError('unavailable', 'metadata: this Keyv does not give back what was written to it');
    }
    await this.#store.remove('registry/probe');
  }

  #requireOpen(): void {
    if (!this.#isOpen) throw new RegistryError('unavailable', 'The key space is not open');
  }

  #requireRows(): void {
    this.#requireOpen();
    if (!this.#hasRows) throw new RegistryError('unavailable', 'The rows of the key space are not there yet');
  }
}

/** No key has a colon, so that none begins with `<namespace>:`, which Keyv would take for its own prefix. */
function recordKey(key: string): string {
  return `record/${key}`;
}

/** Text of our own: Keyv's serializers differ in what they make of `toJSON`, `__proto__` and leading colons. */
function encode(record: StoredRecord): string {
  return JSON.stringify(record);
}

function decode(key: string, text: string): StoredRecord {
  try {
    return JSON.parse(text) as StoredRecord;
  } catch (error) {
    throw new RegistryError('unavailable', `Keyv holds no record at ${key}`, { cause: error });
  }
}
