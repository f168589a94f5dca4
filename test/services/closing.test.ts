import assert from 'node:assert/strict';
import { Closing } from '../../lib/services/closing.js';

const never = (): Promise<void> => new Promise(() => undefined);

describe('Closing', () => {
  it('takes its steps one after the other, each whatever became of those before', async () => {
    const closing = new Closing();
    const done: string[] = [];
    await closing.step('one', async () => {
      await new Promise(setImmediate);
      done.push('one');
    });
    await closing.step('two', () => Promise.reject(new Error('two failed')));
    await closing.step('three', () => {
      throw new Error('three failed');
    });
    await closing.step('four', () => Promise.resolve(done.push('four')));
    assert.deepEqual(done, ['one', 'four']);
    assert.throws(() => closing.finish(), /^Error: two failed$/);
  });

  it('waits for no step once its time is over, and begins each', async () => {
    const closing = new Closing(50);
    const begun: string[] = [];
    for (const what of ['one', 'two', 'three'])
      await closing.step(what, () => {
        begun.push(what);
        return never();
      });
    assert.deepEqual(begun, ['one', 'two', 'three']);
    assert.throws(() => closing.finish(), {
      name: 'RegistryError',
      code: 'unavailable',
      message: /^one took/,
    });
  });

  it('is done when all its steps are', async () => {
    for (const closing of [new Closing(), new Closing(10_000), new Closing(2 ** 40)]) {
      await closing.step('one', () => Promise.resolve());
      closing.finish();
    }
  });

  it('refuses what is no time', () => {
    for (const deadline of [-1, NaN, '5']) assert.throws(() => new Closing(deadline as number), TypeError);
  });
});
