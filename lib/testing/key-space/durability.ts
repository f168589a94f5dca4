import assert from 'node:assert/strict';
import type { Bench } from './key-space-subject.js';
import { ALL, put, remove, scan } from './sample-records.js';

/** What was acknowledged is there when the key space is opened again. */
export function durability(bench: Bench): void {
  const { reopen } = bench.subject;
  if (reopen === undefined) return;

  bench.framework.describe('opened again', () => {
    bench.it('has all records, revisions and rows, and not what was removed', async (space) => {
      const keys = Array.from({ length: 200 }, (_, index) => `kept-${String(index).padStart(3, '0')}`);
      await Promise.all(keys.map((key) => put(space, key, 0, [`${key}\xff`])));
      await put(space, keys[0]!, 1, ['changed'], [`${keys[0]!}\xff`], { changed: true });
      await put(space, 'removed', 0, ['removed']);
      await remove(space, 'removed', 1, ['removed']);
      await put(space, 'again', 0, ['first']);
      await remove(space, 'again', 1, ['first']);
      await put(space, 'again', 0, ['second']);
      const before = [await space.get([...keys, 'removed', 'again']), await scan(space, ALL)] as const;
      await bench.close(space);

      const later = await bench.open(reopen);
      assert.deepEqual(await later.get([...keys, 'removed', 'again']), before[0]);
      assert.deepEqual(await scan(later, ALL), before[1]);
      assert.deepEqual(before[1], ['changed', ...keys.slice(1).map((key) => `${key}\xff`), 'second'].sort());
      assert.equal(await put(later, keys[0]!, 2, ['more'], ['changed']), true);
      assert.equal(await put(later, 'new', 0, ['new']), true);
    });

    bench.it('again and again, however many records come and go', async (space) => {
      let current = space;
      const living: string[] = [];
      for (let round = 0; round < 3; round++) {
        const keys = Array.from({ length: 700 }, (_, index) => `r${round}-${index}`);
        await Promise.all(keys.map((key) => put(current, key, 0, [key])));
        await Promise.all(keys.slice(10).map((key) => remove(current, key, 1, [key])));
        living.push(...keys.slice(0, 10));
        await bench.close(current);
        current = await bench.open(reopen);
        assert.deepEqual(await scan(current, ALL), [...living].sort());
      }
    });
  });
}
