import assert from 'node:assert/strict';
import { Closing } from '../../lib/services/closing.js';
import { Lifecycle } from '../../lib/services/lifecycle.js';

class Calls {
  opened = 0;
  closed = 0;
  failures = 0;
  /** Opening waits for it. */
  gate: Promise<void> = Promise.resolve();

  readonly lifecycle = new Lifecycle(
    async () => {
      this.opened += 1;
      await this.gate;
      if (this.failures > 0) {
        this.failures -= 1;
        throw new Error('down');
      }
    },
    () => {
      this.closed += 1;
      return Promise.resolve();
    },
  );
}

describe('Lifecycle', () => {
  it('opens once, when it is first needed', async () => {
    const calls = new Calls();
    assert.equal(calls.opened, 0);
    await Promise.all([calls.lifecycle.ready(), calls.lifecycle.ready()]);
    await calls.lifecycle.ready();
    assert.equal(calls.opened, 1);
  });

  it('fails for all who wait, and tries again for who comes later', async () => {
    const calls = new Calls();
    calls.failures = 1;
    const waiting = [calls.lifecycle.ready(), calls.lifecycle.ready()];
    for (const one of waiting) await assert.rejects(one, /down/);
    assert.equal(calls.opened, 1);
    await calls.lifecycle.ready();
    assert.equal(calls.opened, 2);
  });

  it('closes once, and is not ready any more', async () => {
    const calls = new Calls();
    await calls.lifecycle.ready();
    await Promise.all([calls.lifecycle.close(new Closing()), calls.lifecycle.close(new Closing())]);
    assert.equal(calls.closed, 1);
    await assert.rejects(calls.lifecycle.ready(), { name: 'RegistryError', code: 'unavailable' });
    assert.equal(calls.opened, 1);
  });

  it('does not close what was never opened, and does not open it later', async () => {
    const calls = new Calls();
    await calls.lifecycle.close(new Closing());
    await assert.rejects(calls.lifecycle.ready(), { code: 'unavailable' });
    assert.deepEqual([calls.opened, calls.closed], [0, 0]);
  });

  it('does not close what failed to open', async () => {
    const calls = new Calls();
    calls.failures = 1;
    await assert.rejects(calls.lifecycle.ready());
    await calls.lifecycle.close(new Closing());
    assert.equal(calls.closed, 0);
  });

  it('waits with closing until it is open', async () => {
    const calls = new Calls();
    let open = (): void => assert.fail('not set');
    calls.gate = new Promise((resolve) => (open = resolve));
    const ready = calls.lifecycle.ready();
    const closing = calls.lifecycle.close(new Closing());
    assert.equal(calls.closed, 0);
    open();
    await ready;
    await closing;
    assert.equal(calls.closed, 1);
  });
});
