import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Janitor } from '../../lib/services/janitor.js';
import { processIdentity } from '../../lib/services/process-identity.js';
import { CrashParts } from '../support/crash-parts.js';
import { until } from '../support/until.js';

/** The name of a process of this host that has ended. */
async function deadProcess(): Promise<string> {
  const child = spawn('true');
  await once(child, 'close');
  const [boot, namespace] = (await processIdentity()).split(' ');
  return `${boot} ${namespace} ${child.pid} 1`;
}

const HOUR = 3_600_000;
const DUE = '2024-01-01T00:00:00.000000';
const LATER = '9999-12-31T23:59:59.999999';

async function assertSweep(janitor: Janitor, settled: number, scrubbed: number): Promise<void> {
  const report = await janitor.sweep();
  assert.deepEqual([report.settled, report.scrubbed], [settled, scrubbed]);
}

describe('the janitor', () => {
  it('ends the uploads of a dead process at once', async () => {
    const world = new CrashParts();
    const dead = await deadProcess();
    await world.upload(1, {}, dead);
    await world.upload(2, {}, await processIdentity());
    const janitor = new Janitor(world.parts);
    await assertSweep(janitor, 1, 0);
    assert.deepEqual([(await world.image(1))?.status, (await world.image(2))?.status], ['killed', 'saving']);
    assert.deepEqual([await world.attempts(), await world.blobs()], [['attempt-2'], ['attempt-2']]);
  });

  it('ends an upload of an unknown process when it has not seen its lease change for the lease time', async () => {
    const world = new CrashParts(0);
    await world.upload(1);
    const janitor = new Janitor(world.parts);
    // The first sight of a lease says nothing about its age.
    await assertSweep(janitor, 0, 0);
    await assertSweep(janitor, 1, 0);
    assert.equal((await world.image(1))?.status, 'killed');
  });

  it('leaves an upload alone while its lease is renewed', async () => {
    const world = new CrashParts(0);
    const lease = await world.upload(1);
    const janitor = new Janitor(world.parts);
    for (let round = 0; round < 5; round += 1) {
      assert.equal((await janitor.sweep()).settled, 0);
      assert.ok(await world.parts.leases.renew(lease));
    }
    assert.equal((await world.image(1))?.status, 'saving');
  });

  it('leaves an upload alone until the lease time is over', async () => {
    const world = new CrashParts(3_600_000);
    await world.upload(1);
    const janitor = new Janitor(world.parts);
    for (let round = 0; round < 5; round += 1) assert.equal((await janitor.sweep()).settled, 0);
  });

  it('tries again with the next sweep what failed, and goes on with the others', async () => {
    const world = new CrashParts();
    const dead = await deadProcess();
    for (const n of [1, 2, 3]) await world.upload(n, {}, dead);
    world.failRemovals(1);
    const janitor = new Janitor(world.parts);
    await assertSweep(janitor, 2, 0);
    assert.ok(world.log.warnings.includes('a dead upload could not be ended yet'));
    assert.deepEqual(await world.attempts(), ['attempt-1']);
    await assertSweep(janitor, 1, 0);
    assert.deepEqual([await world.attempts(), await world.blobs()], [[], []]);
  });

  it('removes what deleted images have left, and tries again what failed', async () => {
    const world = new CrashParts();
    await world.parts.catalogue.open();
    for (const n of [1, 2]) {
      const { attempt } = await world.upload(n, {
        status: 'deleted',
        attempt: null,
        scrub: [{ store: 'main', key: `attempt-${n}` }],
        scrub_at: DUE,
      });
      await world.parts.leases.remove(attempt);
    }
    world.failRemovals(1);
    const janitor = new Janitor(world.parts);
    await assertSweep(janitor, 0, 1);
    assert.deepEqual(await world.blobs(), ['attempt-1']);
    assert.deepEqual((await world.image(1))?.scrub, [{ store: 'main', key: 'attempt-1' }]);
    // Not at once: a store that is down is given time.
    await assertSweep(janitor, 0, 0);
    assert.deepEqual(await world.blobs(), ['attempt-1']);
    world.putForward(HOUR);
    await assertSweep(janitor, 0, 1);
    assert.deepEqual(await world.blobs(), []);
    assert.deepEqual((await world.image(1))?.scrub, []);
    assert.deepEqual(world.space.rows, world.space.derivedRows);
  });

  it('goes through more leases and images than it reads at once', async () => {
    const world = new CrashParts();
    const dead = await deadProcess();
    const scrubbing = { scrub: [{ store: 'main', key: 'gone' }], scrub_at: DUE } as const;
    for (let n = 0; n < 250; n += 1)
      await world.upload(n, n % 2 === 0 ? {} : { status: 'deleted', ...scrubbing }, dead);
    await assertSweep(new Janitor(world.parts), 250, 125);
    assert.deepEqual([await world.attempts(), await world.blobs()], [[], []]);
    assert.deepEqual(await world.parts.catalogue.scrubbable(LATER, 1000), []);
  });

  it('shares a sweep that is under way', async () => {
    const world = new CrashParts();
    const janitor = new Janitor(world.parts);
    const first = janitor.sweep();
    assert.equal(janitor.sweep(), first);
    await first;
    assert.notEqual(janitor.sweep(), first);
  });

  it('says so when the key space is down, and goes on by its timer', async () => {
    const world = new CrashParts();
    await world.upload(1, {}, await deadProcess());
    let down = true;
    world.space.before = () => {
      if (down) throw new Error('down');
    };
    const janitor = new Janitor(world.parts);
    await assert.rejects(janitor.sweep(), /down/);
    janitor.start(10);
    try {
      await until('a sweep has failed', () => world.log.warnings.includes('a sweep was broken off'));
      down = false;
      await until('a sweep has run', async () => (await world.image(1))?.status === 'killed');
    } finally {
      await janitor.stop();
    }
  });

  it('does nothing by itself with an interval of 0', async () => {
    const world = new CrashParts();
    const janitor = new Janitor(world.parts);
    janitor.start(0);
    await janitor.stop();
    assert.equal(world.space.counts.scans, 0);
  });
});
