import assert from 'node:assert/strict';
import type { KeySpace } from '../../catalogue/key-space.js';
import { isRegistryError } from '../../errors.js';
import type { Bench, KeySpaceOutage } from './key-space-subject.js';
import { ALL, put, remove, rowsOf, scan, untilItWorks } from './sample-records.js';

/** With the medium away every call says so in bounded time; when it is back, nothing acknowledged is missing. */
export function outages(bench: Bench): void {
  const { outage } = bench.subject;
  if (outage === undefined) return;
  const { it } = bench;
  const patience = outage.patience ?? 10_000;

  bench.framework.describe('an outage', () => {
    it('makes every call fail in time, and leaves nothing behind', async (space) => {
      await put(space, 'k', 0, ['k']);
      await during(outage, async () => {
        const calls = [
          () => space.get(['k']),
          () => space.get(['absent']),
          () => put(space, 'k', 1, ['k', 'more']),
          () => put(space, 'new', 0, ['new']),
          () => remove(space, 'k', 1, ['k']),
        ];
        for (const call of calls) await failsInTime(call, patience);
        await Promise.all(calls.map((call) => failsInTime(call, patience)));
        await failsInTime(() => scan(space, ALL), patience);
        await failsInTime(() => scan(space, { start: 'x', end: 'y', limit: 1 }), patience);
      });
      await untilItWorks(() => space.get(['k']));
      await untilItWorks(() => scan(space, ALL));
      await isConsistent(space, ['k', 'new']);
      assert.equal(await untilItWorks(() => put(space, 'after', 0, ['after'])), true);
    });

    it('hides no row from a scan', async (space) => {
      await put(space, 'k', 0, ['a', 'b']);
      await during(outage, () => failsInTime(() => scan(space, ALL), patience));
      assert.deepEqual(await untilItWorks(() => scan(space, ALL)), ['a', 'b']);
    });

    it('in the middle of many commits loses none that was acknowledged', async (space) => {
      const acknowledged = new Map<string, number>();
      let failures = 0;
      const write = async (writer: number): Promise<void> => {
        for (let count = 0; failures < 8; count++) {
          const key = `w${writer}-${count}`;
          try {
            if (await put(space, key, 0, [`${key}-1`])) acknowledged.set(key, 1);
            if (await put(space, key, 1, [`${key}-2`], [`${key}-1`])) acknowledged.set(key, 2);
          } catch (error) {
            assert.ok(isRegistryError(error, 'unavailable'), String(error));
            failures++;
          }
        }
      };
      const writers = Array.from({ length: 8 }, (_, writer) => write(writer));
      while (acknowledged.size < 100 && failures === 0) await new Promise(setImmediate);
      await during(outage, () => Promise.all(writers));
      const keys = [...acknowledged.keys()];
      const records = await untilItWorks(() => space.get(keys));
      for (const [index, record] of records.entries()) {
        const key = keys[index]!;
        assert.ok(record !== undefined, `${key} was acknowledged and is gone`);
        assert.ok(record.revision >= acknowledged.get(key)!, `an acknowledged change of ${key} is gone`);
      }
      await untilItWorks(() => scan(space, ALL));
      await isConsistent(space, keys);
    });
  });
}

async function during(outage: KeySpaceOutage, body: () => Promise<unknown>): Promise<void> {
  await outage.down();
  try {
    await body();
  } finally {
    await outage.up();
  }
}

async function failsInTime(call: () => Promise<unknown>, patience: number): Promise<void> {
  const start = performance.now();
  await assert.rejects(call(), (error: unknown) => {
    assert.ok(isRegistryError(error, 'unavailable'), `expected unavailable, got ${String(error)}`);
    return true;
  });
  const took = performance.now() - start;
  assert.ok(took <= patience, `took ${took} ms to fail`);
}

/** The rows of these records, and no others of theirs, are there: a commit happened wholly or not at all. */
async function isConsistent(space: KeySpace, keys: readonly string[]): Promise<void> {
  const rows = await scan(space, ALL);
  const records = await space.get(keys);
  for (const [index, key] of keys.entries()) {
    const own = rows.filter((row) => row === key || row.startsWith(`${key}-`));
    const wanted = rowsOf(records[index]?.value);
    assert.deepEqual(own, [...wanted].filter((row) => row === key || row.startsWith(`${key}-`)).sort(), key);
  }
}
