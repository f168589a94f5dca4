import assert from 'node:assert/strict';
import { HeldLease } from '../../lib/services/lease.js';
import { CrashParts } from '../support/crash-parts.js';
import { sampleId } from '../support/sample-images.js';
import { until } from '../support/until.js';

describe('the lease of an upload in a slow key space', () => {
  it('is renewed once at a time, and stops when the renewal has ended', async () => {
    // Renewed each millisecond.
    const world = new CrashParts(4);
    const lease = {
      image: sampleId(1),
      attempt: 'attempt-1',
      store: 'main',
      key: 'attempt-1',
      process: 'unknown',
      owner: null,
      counter: 0,
    };
    const held = await HeldLease.take(world.parts, lease, () => undefined);
    let waiting = 0;
    let go = (): void => assert.fail('not set');
    world.space.before = (call) => {
      if (call !== 'commit') return;
      waiting += 1;
      return new Promise((resolve) => (go = resolve));
    };
    await until('a renewal waits', () => waiting > 0);
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 1);
    await until('more of them are due', () => ticks > 30);
    clearInterval(timer);
    assert.equal(waiting, 1);
    const stopped = held.stop();
    world.space.before = () => undefined;
    go();
    await stopped;
  });
});
