import assert from 'node:assert/strict';
import type { KeySpace, RowKey } from '../../catalogue/key-space.js';
import type { Bench } from './key-space-subject.js';
import { ALL, put, sampleNumbers, scan } from './sample-records.js';

/** In byte order, with what is easily got wrong: NUL, bytes above ASCII, one row the beginning of another, the longest. */
const HARD_ROWS: readonly RowKey[] = [
  '\0',
  '\0\0',
  '\0\xff',
  '\x01',
  '[',
  '[a',
  'a',
  'a\0',
  'a\0b',
  'a\x01',
  'aa',
  'a\x7f',
  'a\x80',
  'a\xff',
  'a\xff\xff',
  'b',
  'k'.repeat(1_900),
  '~',
  '\x7f',
  '\x80',
  '\xc3\xbc',
  '\xe9',
  '\xfe\xff',
  '\xff',
  '\xff'.repeat(1_900),
];

/** Index rows: byte order, both directions, and bounds. */
export function rows(bench: Bench): void {
  const { describe } = bench.framework;
  const { it } = bench;

  describe('rows', () => {
    it('are in byte order, in both directions', async (space) => {
      await put(space, 'k', 0, [...HARD_ROWS].reverse());
      assert.deepEqual(await scan(space, ALL), HARD_ROWS);
      assert.deepEqual(await scan(space, { ...ALL, reverse: true }), [...HARD_ROWS].reverse());
    });

    it('start is inclusive, end is exclusive, in both directions', async (space) => {
      await put(space, 'k', 0, HARD_ROWS);
      for (const start of ['', ...HARD_ROWS, 'aaa', '\xff\xff']) {
        for (const end of [...HARD_ROWS, 'ab', '']) {
          const wanted = HARD_ROWS.filter((row) => row >= start && row < end);
          const range = { start, end, limit: 100 };
          assert.deepEqual(await scan(space, range), wanted, `from ${start} to ${end}`);
          const reversed = await scan(space, { ...range, reverse: true });
          assert.deepEqual(reversed, wanted.reverse(), `back from ${end} to ${start}`);
        }
      }
    });

    it('an empty or inverted range gives none', async (space) => {
      await put(space, 'k', 0, ['a', 'b', 'c']);
      for (const [start, end] of [
        ['b', 'b'],
        ['c', 'a'],
        ['bb', 'bc'],
        ['', ''],
        ['d', 'z'],
      ] as const) {
        for (const reverse of [false, true])
          assert.deepEqual(await scan(space, { start, end, limit: 9, reverse }), []);
      }
    });

    it('the limit counts from the end that the scan begins at', async (space) => {
      await put(space, 'k', 0, ['a', 'b', 'c', 'd']);
      assert.deepEqual(await scan(space, { start: 'a', end: 'd', limit: 2 }), ['a', 'b']);
      assert.deepEqual(await scan(space, { start: 'a', end: 'd', limit: 2, reverse: true }), ['c', 'b']);
      assert.deepEqual(await scan(space, { start: 'a', end: 'd', limit: 1 }), ['a']);
      assert.deepEqual(await scan(space, { start: 'a', end: 'd', limit: 3 }), ['a', 'b', 'c']);
    });

    it('adding what is there and removing what is not are no errors, and adding wins', async (space) => {
      const commit = (
        expected: number,
        now: RowKey[],
        addRows: RowKey[],
        removeRows: RowKey[],
      ): Promise<boolean> => space.commit({ key: 'k', expected, value: { rows: now }, addRows, removeRows });
      assert.equal(await commit(0, ['a'], ['a', 'a'], ['x']), true);
      assert.equal(await commit(1, ['a', 'b'], ['a', 'b'], ['x', 'x']), true);
      assert.deepEqual(await scan(space, ALL), ['a', 'b']);
      assert.equal(await commit(2, ['a'], ['a'], ['a', 'b', 'b']), true);
      assert.deepEqual(await scan(space, ALL), ['a']);
    });

    it('pages through thousands, in both directions, are one long scan', async (space) => {
      const all = await manyRows(space);
      for (const reverse of [false, true]) {
        const whole = await scan(space, { ...ALL, reverse });
        assert.deepEqual(whole, reverse ? [...all].reverse() : all);
        for (const limit of [1_000, 97]) assert.deepEqual(await pages(space, limit, reverse), whole);
      }
    });
  });
}

/** Thousands of rows of a few records, made in no order at all; resolves with them in order. */
async function manyRows(space: KeySpace): Promise<RowKey[]> {
  const number = sampleNumbers();
  const all = new Set<RowKey>();
  for (let record = 0; record < 12; record++) {
    const some = Array.from({ length: 250 }, () => {
      const bytes = Array.from({ length: 1 + Math.floor(number() * 12) }, () => Math.floor(number() * 256));
      return String.fromCharCode(record, ...bytes);
    });
    await put(space, `record-${record}`, 0, some);
    for (const row of some) all.add(row);
  }
  return [...all].sort();
}

async function pages(space: KeySpace, limit: number, reverse: boolean): Promise<RowKey[]> {
  const found: RowKey[] = [];
  let { start, end } = ALL;
  for (;;) {
    const page = await scan(space, { start, end, limit, reverse });
    found.push(...page);
    const last = page.at(-1);
    if (last === undefined) return found;
    if (reverse) end = last;
    else start = last + '\0';
  }
}
