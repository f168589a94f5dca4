import assert from 'node:assert/strict';
import type { RowRange } from '../../catalogue/key-space.js';
import type { Bench } from './key-space-subject.js';
import { ALL, put } from './sample-records.js';

/** Several ranges in one call. */
export function ranges(bench: Bench): void {
  const { describe } = bench.framework;
  const { it } = bench;

  describe('several ranges', () => {
    it('are read in the order in which they are asked for, each for itself', async (space) => {
      await put(space, 'k', 0, ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']);
      const range = (start: string, end: string, more: Partial<RowRange> = {}): RowRange => ({
        start,
        end,
        limit: 10,
        ...more,
      });
      const asked = [
        range('b', 'c'),
        range('x', 'y'),
        range('a', 'b', { limit: 2 }),
        range('a', 'b', { limit: 2, reverse: true }),
        range('c', 'a'),
        range('a2', 'b2'),
        range('b', 'c'),
      ];
      assert.deepEqual(await space.scanMany(asked), [
        ['b1', 'b2'],
        [],
        ['a1', 'a2'],
        ['a3', 'a2'],
        [],
        ['a2', 'a3', 'b1'],
        ['b1', 'b2'],
      ]);
      assert.deepEqual(await space.scanMany([]), []);
    });

    it('may be many', async (space) => {
      const rows = Array.from({ length: 500 }, (_, index) => `row-${String(index).padStart(3, '0')}`);
      await put(space, 'k', 0, rows);
      const asked = rows.map((row) => ({ start: row, end: `${row}\0`, limit: 1 }));
      assert.deepEqual(
        await space.scanMany(asked),
        rows.map((row) => [row]),
      );
    });

    it('are read at one moment: a row that moves between them is in one of them', async (space) => {
      await put(space, 'k', 0, ['a']);
      let moves = 0;
      const move = async (): Promise<void> => {
        for (; moves < 100; moves++) {
          const [from, to] = moves % 2 === 0 ? ['a', 'b'] : ['b', 'a'];
          await put(space, 'k', moves + 1, [to], [from]);
        }
      };
      const moving = move();
      while (moves < 100) {
        const found = await space.scanMany([
          { ...ALL, start: 'a', end: 'b' },
          { ...ALL, start: 'b', end: 'c' },
        ]);
        assert.equal(found.flat().length, 1);
        await new Promise(setImmediate);
      }
      await moving;
    });
  });
}
