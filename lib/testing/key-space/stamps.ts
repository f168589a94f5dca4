import assert from 'node:assert/strict';
import type { Bench } from './key-space-subject.js';
import { ALL, put, remove, scan } from './sample-records.js';

/** The stamp: what was read under it holds as long as it stays the same. */
export function stamps(bench: Bench): void {
  const { another } = bench.subject;

  bench.framework.describe('the stamp, where there is one', () => {
    bench.it('is another one after each commit, and the same while nothing is committed', async (space) => {
      if (space.stamp === undefined) return;
      const seen = [space.stamp()];
      await put(space, 'k', 0, ['a']);
      seen.push(space.stamp());
      await put(space, 'k', 1, [], []);
      seen.push(space.stamp());
      await remove(space, 'k', 2, ['a']);
      seen.push(space.stamp());
      assert.equal(new Set(seen).size, 4);
      assert.equal(await put(space, 'k', 7, ['refused']), false);
      await scan(space, ALL);
      assert.equal(space.stamp(), seen[3]);
    });

    if (another !== undefined)
      bench.it('is another one after the commits of others', async (space) => {
        if (space.stamp === undefined) return;
        const other = await bench.open(another);
        const before = space.stamp();
        assert.equal(other.stamp?.(), before);
        await put(other, 'k', 0, ['a']);
        assert.notEqual(space.stamp(), before);
        assert.equal(other.stamp(), space.stamp());
      });
  });
}
