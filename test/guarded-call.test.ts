import assert from 'node:assert/strict';
import { isRegistryError, RegistryError } from '../lib/errors.js';
import { GuardedCalls, type CallOutcome } from '../lib/guarded-call.js';

describe('guarded calls', () => {
  const never = (): Promise<never> => new Promise(() => undefined);
  const describeCall = (operation: string): string => `${operation} of it`;

  it('give errors a name, keep those that have one, and end in time', async () => {
    const calls = new GuardedCalls({ describe: describeCall, deadline: 10 });
    const [bug, full] = [new Error('bug'), new RegistryError('store_full', 'no room')];
    await assert.rejects(
      calls.run('get', () => Promise.reject(bug)),
      (error) =>
        isRegistryError(error, 'unavailable') && error.cause === bug && error.message === 'get of it failed',
    );
    await assert.rejects(
      calls.run('get', () => Promise.reject(full)),
      (error) => error === full,
    );
    await assert.rejects(calls.run('get', never), /get of it took longer than 10 ms/);
    const coded = new GuardedCalls({ describe: describeCall, codeOf: () => 'store_denied' });
    await assert.rejects(
      coded.run('get', () => Promise.reject(bug)),
      (error) => isRegistryError(error, 'store_denied'),
    );
  });

  it('tell how long each took and how it ended', async () => {
    const told: [string, CallOutcome][] = [];
    const timer = (operation: string, milliseconds: number, outcome: CallOutcome): void => {
      assert.ok(milliseconds >= 0);
      told.push([operation, outcome]);
    };
    const calls = new GuardedCalls({ describe: describeCall, timer });
    assert.equal(await calls.run('get', () => Promise.resolve(1)), 1);
    await assert.rejects(calls.run('scan', () => Promise.reject(new Error('bug'))));
    await assert.rejects(calls.time('write', () => Promise.reject(new Error('the client has gone'))));
    assert.deepEqual(told, [
      ['get', 'done'],
      ['scan', 'unavailable'],
      ['write', 'broken_off'],
    ]);
  });
});
