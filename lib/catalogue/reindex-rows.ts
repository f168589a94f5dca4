import { RegistryError } from '../errors.js';
import type { Change, Fence, KeySpace, RowKey, StoredRecord } from './key-space.js';
import {
  areaOf,
  CATALOGUE_KEY,
  fenceOf,
  fits,
  isEmpty,
  nextRows,
  RECORD_ROWS,
  recordRow,
  refuseNewer,
  refuseStateless,
  stateOf,
  STEP,
  storedRows,
  type CatalogueState,
  type NextRowSet,
  type RowLayout,
  type RowSet,
} from './row-set.js';

/** Records that one read takes. */
const BATCH = 200;

/**
 * Makes the rows of this release beside those that are there, and puts them in their place. From the first step to the last
 * nobody else can commit; with the last one, processes that work with the old rows are refused altogether. It may be killed at
 * any step, and called again then; calls at the same time share the work. Where the rows are those of this release, it takes
 * back what another release has begun, removes what is left over, and that is all.
 *
 * @param opens whether the key space is to be opened, and its rows in memory to be made
 * @returns after each step how many records have their rows
 * @throws RegistryError `unavailable`, also for rows of a newer release, for records without any state, and when a reindex to
 *   another version was begun meanwhile
 */
export async function* reindexRows(
  space: KeySpace,
  layout: RowLayout,
  opens: boolean,
): AsyncGenerator<number> {
  if (opens) await space.open();
  const [found] = await space.get([CATALOGUE_KEY]);
  if (found === undefined) {
    if (!(await isEmpty(space))) refuseStateless();
    return;
  }
  const { rows } = stateOf(found.value);
  refuseNewer(rows, layout);
  const set = fits(rows, layout) ? rows : nextRows(rows, layout);
  if (opens) await space.rebuild?.((key, value) => storedRows(key, value, layout, set));
  const reindex = new Reindex(space, layout);
  while (!(await reindex.step())) yield reindex.records;
}

class Reindex {
  /** Records whose rows this call has made. */
  records = 0;
  #begun = false;
  readonly #space: KeySpace;
  readonly #layout: RowLayout;

  constructor(space: KeySpace, layout: RowLayout) {
    this.#space = space;
    this.#layout = layout;
  }

  /** True when there is nothing more to do. What somebody else did meanwhile is found by the next step. */
  async step(): Promise<boolean> {
    const [record] = await this.#space.get([CATALOGUE_KEY]);
    if (record === undefined) return refuseStateless();
    const state = stateOf(record.value);
    const { rows, next } = state;
    refuseNewer(rows, this.#layout);
    if (fits(rows, this.#layout)) {
      if (next === null) return !(await this.#clear(record, nextRows(rows, this.#layout)));
      const free = { rows, next: null };
      await this.#commit(record, free, { nextFence: fenceOf(free) });
    } else if (next === null || !fits(next, this.#layout)) {
      await this.#begin(record);
    } else {
      this.#begun = true;
      await this.#build(record, state, next);
    }
    return false;
  }

  /** Takes the lock, whoever had it. */
  async #begin(record: StoredRecord): Promise<void> {
    if (this.#begun) throw new RegistryError('unavailable', 'this reindex was ended by another one');
    const { rows } = stateOf(record.value);
    const next = { ...nextRows(rows, this.#layout), done: null };
    this.#begun = await this.#commit(record, { rows, next }, { nextFence: fenceOf({ rows, next }) });
  }

  /** @returns whether there was something to remove */
  async #clear(record: StoredRecord, set: RowSet): Promise<boolean> {
    const area = areaOf(set);
    const [removeRows = []] = await this.#space.scanMany([{ start: area, end: after(area), limit: STEP }]);
    if (removeRows.length > 0) await this.#commit(record, stateOf(record.value), { removeRows });
    return removeRows.length > 0;
  }

  async #build(record: StoredRecord, { rows }: CatalogueState, next: NextRowSet): Promise<void> {
    if (next.done === null) {
      if (!(await this.#clear(record, next)))
        await this.#commit(record, { rows, next: { ...next, done: '' } }, {});
      return;
    }
    const start = next.done === '' ? RECORD_ROWS.start : `${recordRow(next.done)}\0`;
    const [found = []] = await this.#space.scanMany([{ start, end: RECORD_ROWS.end, limit: BATCH }]);
    const keys = found.map((row) => row.slice(RECORD_ROWS.start.length));
    if (keys.length === 0) {
      const { done: _, ...made } = next;
      const last: CatalogueState = { rows: made, next: null };
      await this.#commit(record, last, { nextFence: fenceOf(last) });
      return;
    }
    const addRows: RowKey[] = [];
    let taken = 0;
    let done = next.done;
    for (const [at, value] of (await this.#space.get(keys)).entries()) {
      done = keys[at] ?? done;
      if (value !== undefined) addRows.push(...storedRows(done, value.value, this.#layout, next));
      taken += 1;
      if (addRows.length >= STEP) break;
    }
    if (await this.#commit(record, { rows, next: { ...next, done } }, { addRows })) this.records += taken;
  }

  /** Whoever knows the revision of the state needs no fence: it moves with the state alone. */
  #commit(
    { revision }: StoredRecord,
    state: CatalogueState,
    more: Partial<Pick<Change, 'addRows' | 'removeRows'>> & { readonly nextFence?: Fence },
  ): Promise<boolean> {
    return this.#space.commit({
      key: CATALOGUE_KEY,
      expected: revision,
      value: { ...state },
      addRows: [],
      removeRows: [],
      ...more,
    });
  }
}

/** The end of the range of all rows that begin with a letter. */
function after(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) + 1);
}
