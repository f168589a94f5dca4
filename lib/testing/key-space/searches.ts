import assert from 'node:assert/strict';
import type { FoundRecords, KeySpace, RecordTest } from '../../catalogue/key-space.js';
import { isRegistryError } from '../../errors.js';
import type { Bench } from './key-space-subject.js';
import { NO_FENCE, put, remove } from './sample-records.js';

/** The search of records, where a key space has one: what is committed is found, page by page. */
export function searches(bench: Bench): void {
  const { another } = bench.subject;
  const { it } = bench;

  bench.framework.describe('a search, where there is one', () => {
    it('finds records by texts in their JSON, in the order of their keys, within the bounds', async (space) => {
      if (space.search === undefined) return;
      for (const [key, colour] of [
        ['a/3', 'red'],
        ['a/1', 'red'],
        ['a/2', 'blue "red'],
        ['b/1', 'red'],
        ['A/1', 'red'],
      ] as const)
        await put(space, key, 0, [], [], { colour });
      const red: RecordTest = { start: 'a/', end: 'b/', limit: 100, texts: ['"colour":"red"'] };
      assert.deepEqual(await search(space, red), { keys: ['a/1', 'a/3'], last: null });
      assert.deepEqual((await search(space, { ...red, end: 'b/1\0' })).keys, ['a/1', 'a/3', 'b/1']);
      assert.deepEqual((await search(space, { ...red, start: 'a/1\0' })).keys, ['a/3']);
      assert.deepEqual((await search(space, { ...red, texts: ['blue \\"red'] })).keys, ['a/2']);
      assert.deepEqual((await search(space, { ...red, texts: ['"colour"', 'blue', 'red'] })).keys, ['a/2']);
      assert.deepEqual((await search(space, { ...red, texts: ['red', 'green'] })).keys, []);
      assert.deepEqual((await search(space, { ...red, texts: [] })).keys, ['a/1', 'a/2', 'a/3']);
      assert.deepEqual(await search(space, { ...red, start: 'c', end: 'd' }), { keys: [], last: null });
    });

    it('tests the JSON of those that have the texts, and of no others', async (space) => {
      if (space.search === undefined) return;
      // One is long, one short, one not of ASCII alone: what was read before must not be seen again.
      for (const [key, value] of Object.entries({ k1: 'x'.repeat(100_000), k2: 'ü🙂', k3: 'x', k4: '' }))
        await put(space, key, 0, [], [], { value, tail: 'end' });
      const tested: string[] = [];
      const test = (json: string): boolean => {
        tested.push(json);
        return !json.includes('"value":"x"');
      };
      const all = { start: 'k', end: 'l', limit: 100, test };
      assert.deepEqual(await search(space, { ...all, texts: ['x'] }), { keys: ['k1'], last: null });
      assert.equal(tested.length, 2);
      assert.deepEqual((await search(space, { ...all, texts: ['"value":"ü🙂"'] })).keys, ['k2']);
      assert.deepEqual((await search(space, { ...all, texts: ['"tail":"end"'] })).keys, ['k1', 'k2', 'k4']);
      assert.deepEqual((await search(space, { ...all, texts: ['end"', 'value":""'] })).keys, ['k4']);
      for (const json of tested) assert.ok(json.includes('"tail":"end"'), json.slice(-40));
    });

    it('looks at no more than the limit, and says where it has ended', async (space) => {
      if (space.search === undefined) return;
      for (let n = 10; n < 25; n += 1) await put(space, `k${n}`, 0, [], [], { even: n % 2 === 0 });
      const found: string[] = [];
      const looked: string[] = [];
      let start = 'k';
      for (let rounds = 0; ; rounds += 1) {
        assert.ok(rounds < 20, 'it does not end');
        const test = (json: string): boolean => {
          looked.push(json);
          return json.includes('"even":true');
        };
        const { keys, last } = await search(space, { start, end: 'l', limit: 4, texts: [], test });
        assert.ok(looked.length <= 4 * (rounds + 1));
        found.push(...keys);
        if (last === null) break;
        start = `${last}\0`;
      }
      assert.deepEqual(
        found,
        [10, 12, 14, 16, 18, 20, 22, 24].map((n) => `k${n}`),
      );
      assert.equal(looked.length, 15);
    });

    it('sees what was committed, and with the fence of another version nothing', async (space) => {
      if (space.search === undefined) return;
      const all: RecordTest = { start: '', end: '\uffff', limit: 100, texts: [] };
      await put(space, 'k', 0);
      assert.deepEqual((await search(space, all)).keys, ['k']);
      if (another !== undefined) {
        const other = await bench.open(another);
        await put(other, 'l', 0);
        assert.deepEqual((await search(space, all)).keys, ['k', 'l']);
      }
      await remove(space, 'k', 1);
      assert.equal((await search(space, all)).keys.includes('k'), false);
      const two = { version: '2', lock: '' };
      await space.commit({
        ...{ key: 'f', expected: 0, value: {}, addRows: [], removeRows: [] },
        ...{ fence: NO_FENCE, nextFence: two },
      });
      assert.equal((await space.search(all, two)).keys.includes('f'), true);
      await assert.rejects(space.search(all, NO_FENCE), (error) => isRegistryError(error, 'unavailable'));
    });
  });
}

async function search(space: KeySpace, wanted: RecordTest): Promise<FoundRecords> {
  if (space.search === undefined) throw new Error('the key space has lost its search');
  return space.search(wanted);
}
