import assert from 'node:assert/strict';
import { RecordCache } from '../../lib/catalogue/adapters/record-cache.js';

const textOf = (revision: number, name = 'a'): string =>
  JSON.stringify({ revision, value: { name, tags: ['t'] } });

describe('the cache of decoded records', () => {
  it('gives the same object for the same text, and another one for another text', () => {
    const cache = new RecordCache();
    const first = cache.decode('image/1', textOf(1));
    assert.equal(cache.decode('image/1', textOf(1)), first);
    const second = cache.decode('image/1', textOf(2, 'b'));
    assert.deepEqual(second, { revision: 2, value: { name: 'b', tags: ['t'] } });
    assert.deepEqual(cache.decode('image/1', textOf(1)), first);
  });

  it('freezes what is shared, all the way down', () => {
    const { value } = new RecordCache().decode('image/1', textOf(1));
    assert.throws(() => (value.tags as string[]).push('mine'), TypeError);
    assert.ok(Object.isFrozen(value));
  });

  const long = (n: number): string => textOf(n, 'x'.repeat(1024 * 1024 - 100));

  it('keeps no more than 2 Mi characters, those that were asked for last', () => {
    const cache = new RecordCache();
    const [first, second] = [cache.decode('1', long(1)), cache.decode('2', long(2))];
    assert.equal(cache.decode('1', long(1)), first);
    let tries = 1;
    while (cache.decode('3', long(3)) !== cache.decode('3', long(3))) tries += 1;
    assert.ok(tries <= 16, 'what is asked for often gets in');
    assert.equal(cache.decode('1', long(1)), first);
    assert.notEqual(cache.decode('2', long(2)), second);
  });

  it('keeps a part of what is asked for in turns, when there is no room for all of it', () => {
    const cache = new RecordCache();
    const texts = Array.from({ length: 300 }, (_, n) => textOf(n, 'x'.repeat(20_000)));
    const round = (): unknown[] => texts.map((text, n) => cache.decode(String(n), text));
    for (let n = 0; n < 5; n += 1) round();
    const [before, after] = [round(), round()];
    const kept = before.filter((record, n) => record === after[n]).length;
    assert.ok(kept > 50 && kept < 105, `${kept} of the 104 that there is room for`);
  });

  it('has room again for what it has forgotten, however a record grows and shrinks', () => {
    const cache = new RecordCache();
    for (let n = 0; n < 10; n += 1)
      for (const length of [3 * 1024 * 1024, 10]) cache.decode('1', textOf(n, 'x'.repeat(length)));
    const other = cache.decode('2', long(2));
    assert.equal(cache.decode('2', long(2)), other);
  });

  it('keeps nothing for who looks through many', () => {
    const cache = new RecordCache();
    const scan = cache.decoderFor(200);
    assert.notEqual(scan('image/1', textOf(1)), scan('image/1', textOf(1)));
    const page = cache.decoderFor(26);
    assert.equal(page('image/1', textOf(1)), page('image/1', textOf(1)));
  });
});
