import assert from 'node:assert/strict';
import { withDeadline } from '../lib/deadline.js';
import { isRegistryError } from '../lib/errors.js';

describe('withDeadline', () => {
  const never = (): Promise<never> => new Promise(() => undefined);
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

  it('gives the outcome of a promise or of a function, and leaves no timer', async () => {
    // mocha starts a timer of its own for each test.
    await new Promise((resolve) => setImmediate(resolve));
    const before = timers();
    assert.equal(await withDeadline(Promise.resolve(1), 60_000, 'work'), 1);
    assert.equal(await withDeadline(() => Promise.resolve(2), 60_000, 'work'), 2);
    const error = new Error('its own');
    await assert.rejects(withDeadline(Promise.reject(error), 60_000, 'work'), error);
    const thrower = (): Promise<never> => {
      throw error;
    };
    await assert.rejects(withDeadline(thrower, 60_000, 'work'), error);
    assert.equal(timers(), before);
  });

  it('is unavailable when time is up, and aborts the signal', async () => {
    let signal: AbortSignal | undefined;
    const work = (given: AbortSignal): Promise<never> => {
      signal = given;
      return never();
    };
    await assert.rejects(withDeadline(work, 10, 'the work'), (error) => {
      assert.ok(isRegistryError(error, 'unavailable'));
      assert.equal(error.message, 'the work took longer than 10 ms');
      assert.equal(signal?.aborted, true);
      return true;
    });
    await assert.rejects(withDeadline(never(), 10, 'the work'), /took longer/);
  });

  it('does not mind what comes later', async () => {
    const work = (signal: AbortSignal): Promise<never> =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => setImmediate(reject, new Error('late'))),
      );
    await assert.rejects(withDeadline(work, 10, 'work'), /took longer/);
    // An unhandled rejection would end the test run here.
    await new Promise((resolve) => setTimeout(resolve, 20));
  });
});
