import assert from 'node:assert/strict';
import type { KeySpace } from '../../catalogue/key-space.js';
import type { Bench } from './key-space-subject.js';
import { ALL, put, remove, revisionOf, rowsOf, sampleNumbers, scan } from './sample-records.js';

/** Commits at the same time: of those that expect the same revision, one wins. */
export function races(bench: Bench): void {
  const { describe } = bench.framework;
  const { it, subject } = bench;

  /** All spaces on the same data that the subject can give. */
  const contenders = async (space: KeySpace): Promise<KeySpace[]> =>
    subject.another === undefined ? [space] : [space, await bench.open(subject.another)];

  describe('commits at the same time', () => {
    it('of 20 that create a record, one does', async (space) => {
      const spaces = await contenders(space);
      const done = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          put(spaces[index % spaces.length]!, 'k', 0, [`row-${index}`], [], { index }),
        ),
      );
      assert.equal(done.filter(Boolean).length, 1);
      const [record] = await space.get(['k']);
      const winner = done.indexOf(true);
      assert.deepEqual(record, { revision: 1, value: { index: winner, rows: [`row-${winner}`] } });
      assert.deepEqual(await scan(space, ALL), [`row-${winner}`]);
    });

    it('no increment is lost', async (space) => {
      const spaces = await contenders(space);
      await put(space, 'n', 0, ['count-000'], [], { count: 0 });
      const loop = async (mine: KeySpace): Promise<void> => {
        for (let done = 0; done < 10;) {
          const [record] = await mine.get(['n']);
          assert.ok(record);
          const count = Number(record.value.count) + 1;
          const row = `count-${String(count).padStart(3, '0')}`;
          if (await put(mine, 'n', record.revision, [row], rowsOf(record.value), { count })) done++;
        }
      };
      await Promise.all(Array.from({ length: 8 }, (_, index) => loop(spaces[index % spaces.length]!)));
      const [record] = await space.get(['n']);
      assert.deepEqual(record, { revision: 81, value: { count: 80, rows: ['count-080'] } });
      assert.deepEqual(await scan(space, ALL), ['count-080']);
    });

    it('of different records all succeed', async (space) => {
      const spaces = await contenders(space);
      const keys = Array.from({ length: 500 }, (_, index) => `many-${String(index).padStart(3, '0')}`);
      const done = await Promise.all(
        keys.map((key, index) => put(spaces[index % spaces.length]!, key, 0, [key])),
      );
      assert.ok(done.every(Boolean));
      assert.deepEqual(await scan(space, ALL), keys);
    });

    it('whatever is done, rows are those of the records', async (space) => {
      const number = sampleNumbers();
      const one = async (): Promise<void> => {
        for (let step = 0; step < 30; step++) {
          const key = `k${Math.floor(number() * 5)}`;
          const [record] = await space.get([key]);
          const now = rowsOf(record?.value);
          const wanted = Array.from({ length: 3 }, () => `${key}-${Math.floor(number() * 9)}`);
          const expected = record?.revision ?? 0;
          if (number() < 0.3) await remove(space, key, expected, now);
          else await put(space, key, expected, [...new Set(wanted)], now);
        }
      };
      await Promise.all(Array.from({ length: 6 }, one));
      const records = await space.get(['k0', 'k1', 'k2', 'k3', 'k4']);
      const wanted = records.flatMap((record) => rowsOf(record?.value)).sort();
      assert.deepEqual(await scan(space, ALL), wanted);
    });
  });

  const { another } = subject;
  if (another === undefined) return;
  describe('a second key space on the same data', () => {
    it('sees a commit of the first as soon as it is acknowledged, and the other way round', async (space) => {
      const spaces = [space, await bench.open(another)] as const;
      for (let turn = 0; turn < 50; turn++) {
        const [writer, reader] = turn % 2 === 0 ? spaces : ([spaces[1], spaces[0]] as const);
        assert.equal(
          await put(writer, 'k', turn, [`turn-${turn}`], turn === 0 ? [] : [`turn-${turn - 1}`]),
          true,
        );
        assert.equal(await revisionOf(reader, 'k'), turn + 1);
        assert.deepEqual(await scan(reader, ALL), [`turn-${turn}`]);
      }
    });
  });
}
