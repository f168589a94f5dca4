import assert from 'node:assert/strict';
import type { RecordValue } from '../../catalogue/key-space.js';
import type { Bench } from './key-space-subject.js';
import { ALL, put, remove, revisionOf, scan } from './sample-records.js';

/** What JSON can hold and a careless codec changes. */
const HARD_VALUE = JSON.parse(`{
  "__proto__": { "polluted": true }, "constructor": null, "toJSON": "text", "": "empty name",
  "null": null, "list": [null, [], {}, -0.5, 1e300, 9007199254740991], "nothing": {},
  "astral": "😀 𐍈", "nul": "\\u0000", "separators": "\\u2028\\u2029", "lone": "\\ud800", "accents": "Zürich",
  "colon": ":first", "base64": ":base64:AAAA", "quotes": "\\"'\\\\", "number": "12 34", "rows": []
}`) as RecordValue;

/** Single records: what is read is what was written, and a change needs the revision that the record has. */
export function records(bench: Bench): void {
  const { describe } = bench.framework;
  const { it } = bench;

  describe('records', () => {
    it('are read in the order of the keys, undefined where there is none', async (space) => {
      assert.deepEqual(await space.get([]), []);
      await put(space, 'b', 0, [], [], { name: 'second' });
      await put(space, 'a', 0, [], [], { name: 'first' });
      const found = await space.get(['b', 'none', 'a', 'b']);
      assert.deepEqual(
        found.map((record) => record?.value.name),
        ['second', undefined, 'first', 'second'],
      );
    });

    it('come back as they were, whatever JSON they are', async (space) => {
      await space.commit({ key: 'hard', expected: 0, value: HARD_VALUE, addRows: [], removeRows: [] });
      const [record] = await space.get(['hard']);
      assert.equal(JSON.stringify(record?.value), JSON.stringify(HARD_VALUE));
      assert.ok(Object.hasOwn(record?.value ?? {}, '__proto__'));
    });

    it('may be large', async (space) => {
      const text = 'grüße '.repeat(100_000);
      await put(space, 'large', 0, [], [], { text });
      const [record] = await space.get(['large']);
      assert.equal(record?.value.text, text);
    });

    it('do not change with the object that was stored or read', async (space) => {
      const value = { rows: [], list: [1] };
      await space.commit({ key: 'k', expected: 0, value, addRows: [], removeRows: [] });
      value.list.push(2);
      const [first] = await space.get(['k']);
      const list = first?.value.list as number[];
      if (Object.isFrozen(list)) assert.throws(() => list.push(3), TypeError);
      else list.push(3);
      const [second] = await space.get(['k']);
      assert.deepEqual(second?.value, { rows: [], list: [1] });
    });

    it('have keys of up to 200 characters, told apart by case and by every character', async (space) => {
      const keys = [
        'k'.repeat(200),
        'K'.repeat(200),
        'k'.repeat(199),
        'a/b',
        'a_b',
        'a-b',
        'ab',
        '0',
        '_',
        '-',
        '/',
      ];
      for (const [index, key] of keys.entries())
        assert.equal(await put(space, key, 0, [], [], { index }), true, key);
      const found = await space.get(keys);
      assert.deepEqual(
        found.map((record) => record?.value.index),
        [...keys.keys()],
      );
    });

    it('are read many at a time', async (space) => {
      const keys = Array.from({ length: 300 }, (_, index) => `many/${index}`);
      await Promise.all(keys.map((key, index) => put(space, key, 0, [], [], { index })));
      const found = await space.get(keys);
      assert.deepEqual(
        found.map((record) => record?.value.index),
        [...keys.keys()],
      );
    });
  });

  describe('revisions', () => {
    it('begin at 1 and go up by 1 with each commit', async (space) => {
      assert.equal(await put(space, 'k', 0), true);
      assert.equal(await revisionOf(space, 'k'), 1);
      for (const revision of [1, 2, 3]) assert.equal(await put(space, 'k', revision), true);
      assert.equal(await revisionOf(space, 'k'), 4);
    });

    it('a stale, a future or a missing one is refused, and nothing has changed', async (space) => {
      await put(space, 'k', 0, ['one']);
      await put(space, 'k', 1, ['two'], ['one']);
      for (const expected of [0, 1, 3, 10])
        assert.equal(await put(space, 'k', expected, ['bad'], ['two']), false);
      assert.equal(await put(space, 'absent', 1, ['bad']), false);
      assert.equal(await remove(space, 'absent', 2, ['two']), false);
      assert.equal(await remove(space, 'k', 1, ['two']), false);
      const [record, absent] = await space.get(['k', 'absent']);
      assert.deepEqual(record, { revision: 2, value: { rows: ['two'] } });
      assert.equal(absent, undefined);
      assert.deepEqual(await scan(space, ALL), ['two']);
    });

    it('a removed record is gone with its rows, and can be made again', async (space) => {
      await put(space, 'k', 0, ['a', 'b']);
      assert.equal(await remove(space, 'k', 1, ['a', 'b']), true);
      assert.deepEqual(await space.get(['k']), [undefined]);
      assert.deepEqual(await scan(space, ALL), []);
      assert.equal(await put(space, 'k', 1), false);
      assert.equal(await remove(space, 'k', 1), false);
      assert.equal(await put(space, 'k', 0, ['c'], [], { again: true }), true);
      const [record] = await space.get(['k']);
      assert.deepEqual(record, { revision: 1, value: { again: true, rows: ['c'] } });
      assert.deepEqual(await scan(space, ALL), ['c']);
    });
  });
}
