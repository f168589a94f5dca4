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

  it('keeps no more than 2 Mi characters, those that were asked for last', () => {
    const cache = new RecordCache();
    const long = (n: number): string => textOf(n, 'x'.repeat(1024 * 1024 - 100));
    const [first, second] = [cache.decode('1', long(1)), cache.decode('2', long(2))];
    assert.equal(cache.decode('1', long(1)), first);
    cache.decode('3', long(3));
    assert.equal(cache.decode('1', long(1)), first);
    assert.notEqual(cache.decode('2', long(2)), second);
  });

  it('keeps nothing for who looks through many', () => {
    const cache = new RecordCache();
    const scan = cache.decoderFor(200);
    assert.notEqual(scan('image/1', textOf(1)), scan('image/1', textOf(1)));
    const page = cache.decoderFor(26);
    assert.equal(page('image/1', textOf(1)), page('image/1', textOf(1)));
  });
});
