import assert from 'node:assert/strict';
import type { BlobEntry } from '../../lib/domain/image.js';
import { withEndedTask } from '../../lib/domain/image-tasks.js';
import { Janitor } from '../../lib/services/janitor.js';
import { timeAfter } from '../../lib/domain/times.js';
import { CrashParts } from '../support/life/crash-parts.js';
import { doomedBlob, sampleBlob, sampleImage } from '../support/mounts/sample-images.js';
import { until } from '../support/until.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DUE = '2024-01-01T00:00:00.000000';
const DONE = { status: 'success', message: '' } as const;
const LATER = '9999-12-31T23:59:59.999999';

async function assertSweep(janitor: Janitor, settled: number, scrubbed: number): Promise<void> {
  const report = await janitor.sweep();
  assert.deepEqual([report.settled, report.scrubbed], [settled, scrubbed]);
}

describe('the janitor', () => {
  it('ends the uploads of a dead process at once, and forgets it', async () => {
    const world = await CrashParts.make();
    const [dead, living] = [await world.dead(), await world.enter({})];
    await world.upload(1, {}, dead);
    await world.upload(2, {}, living);
    await assertSweep(new Janitor(world.parts), 1, 0);
    assert.deepEqual([(await world.image(1))?.status, (await world.image(2))?.status], ['killed', 'saving']);
    assert.deepEqual([await world.entries(1), await world.entries(2)], [[], ['blob-2']]);
    assert.deepEqual(await world.blobs(), ['blob-2']);
    assert.deepEqual(
      (await world.parts.processes.list()).map(({ id }) => id),
      [living],
    );
  });

  it('forgets the tasks of images some time after their end', async () => {
    const world = await CrashParts.make();
    const { catalogue, clock } = world.parts;
    const created_at = clock.now();
    const task = {
      id: crypto.randomUUID(),
      status: 'pending',
      owner: null,
      user: null,
      request: null,
      input: { method: 'glance-direct' },
      backend: [],
      message: '',
      created_at,
      updated_at: created_at,
      expires_at: null,
    } as const;
    const running = { ...task, id: crypto.randomUUID() };
    const ended = withEndedTask(sampleImage(1, { tasks: [task, running] }), task.id, DONE, created_at);
    await catalogue.create(ended);
    const janitor = new Janitor(world.parts);
    const tasks = async (): Promise<unknown> => (await world.image(1))?.tasks?.map(({ id }) => id);
    world.putForward(47 * HOUR);
    await assertSweep(janitor, 0, 0);
    assert.deepEqual(await tasks(), [task.id, running.id]);
    world.putForward(2 * HOUR);
    await assertSweep(janitor, 0, 1);
    assert.deepEqual(await tasks(), [running.id]);
    await assertSweep(janitor, 0, 0);
  });

  it('ends what a lost answer of the key space has left of this very registry', async () => {
    const world = await CrashParts.make();
    const { heartbeat } = world.parts;
    await world.upload(1, {}, heartbeat.id);
    await world.upload(2, {}, heartbeat.id);
    const writer = { image: '', entry: 'blob-2', isEntered: true, abort: () => assert.fail('aborted') };
    await heartbeat.enter(writer);
    const janitor = new Janitor(world.parts);
    await assertSweep(janitor, 1, 0);
    assert.deepEqual([(await world.image(1))?.status, (await world.image(2))?.status], ['killed', 'saving']);
    assert.deepEqual(await world.blobs(), ['blob-2']);
    heartbeat.leave(writer);
    await assertSweep(janitor, 1, 0);
    assert.deepEqual([await world.entries(2), await world.blobs()], [[], []]);
    await heartbeat.close();
  });

  it('tries again with the next sweep what the key space did not take, and goes on with the others', async () => {
    const world = await CrashParts.make();
    const dead = await world.dead();
    for (const n of [1, 2, 3]) await world.upload(n, {}, dead);
    world.failCommit(1);
    const janitor = new Janitor(world.parts);
    await assertSweep(janitor, 2, 0);
    assert.ok(world.log.warnings.includes('a dead upload could not be ended yet'));
    assert.deepEqual([await world.entries(1), await world.blobs()], [['blob-1'], ['blob-1']]);
    assert.equal((await world.parts.processes.list()).length, 1);
    await assertSweep(janitor, 1, 0);
    assert.deepEqual([await world.entries(1), await world.blobs()], [[], []]);
    assert.deepEqual(await world.parts.processes.list(), []);
  });

  it('ends an upload whose data cannot be removed now, and removes that later', async () => {
    const world = await CrashParts.make();
    await world.upload(1, {}, await world.dead());
    world.failRemovals(1);
    const janitor = new Janitor(world.parts);
    await assertSweep(janitor, 1, 0);
    assert.equal((await world.image(1))?.status, 'killed');
    assert.deepEqual([await world.entries(1), await world.blobs()], [['blob-1'], ['blob-1']]);
    await assertSweep(janitor, 0, 0);
    world.putForward(HOUR);
    await assertSweep(janitor, 0, 1);
    assert.deepEqual([await world.entries(1), await world.blobs()], [[], []]);
  });

  it('removes what deleted images have left, and tries again what failed', async () => {
    const world = await CrashParts.make();
    await world.parts.catalogue.open();
    const doomed = { state: 'doomed', process: null, due: DUE } as const;
    for (const n of [1, 2])
      await world.upload(n, { status: 'deleted' }, undefined, { ...doomed, location: `blob-${n}` });
    world.failRemovals(1);
    const janitor = new Janitor(world.parts);
    await assertSweep(janitor, 0, 1);
    assert.deepEqual([await world.entries(1), await world.blobs()], [['blob-1'], ['blob-1']]);
    // Not at once: a store that is down is given time.
    await assertSweep(janitor, 0, 0);
    assert.deepEqual(await world.blobs(), ['blob-1']);
    world.putForward(HOUR);
    await assertSweep(janitor, 0, 1);
    assert.deepEqual([await world.entries(1), await world.blobs()], [[], []]);
    assert.deepEqual(world.space.rows, world.space.derivedRows);
  });

  it('goes through more uploads and images than it reads at once', async () => {
    const world = await CrashParts.make();
    const dead = await world.dead();
    for (let n = 0; n < 250; n += 1) {
      const writing = sampleBlob(1000 + n, {
        store: 'main',
        location: null,
        state: 'writing',
        process: dead,
      });
      const gone = { ...doomedBlob(n, DUE), store: 'main' };
      const blobs = n % 2 === 0 ? [writing] : [writing, gone];
      await world.upload(n, { blobs, status: n % 2 === 0 ? 'saving' : 'deleted' });
    }
    // The entries of the uploads are not those of the data.
    for (const key of await world.blobs()) await world.parts.stores.resolve('main').store.discard(key);
    await assertSweep(new Janitor(world.parts), 250, 0);
    for (let n = 0; n < 250; n += 1) assert.deepEqual(await world.entries(n), [], String(n));
    assert.deepEqual(await world.parts.processes.list(), []);
    assert.deepEqual(await world.parts.catalogue.withChores(LATER, 1000), []);
  });

  it('ends its sweep when nothing of a whole batch can even be put off', async () => {
    const world = await CrashParts.make();
    for (let n = 1; n <= 100; n += 1)
      await world.upload(n, { status: 'deleted', blobs: [{ ...doomedBlob(n, DUE), store: 'main' }] });
    let tries = 0;
    world.space.before = async (call) => {
      // So that mocha's time-out comes when it goes on for ever.
      await new Promise((resolve) => setImmediate(resolve));
      if (call !== 'commit') return;
      tries += 1;
      throw new Error('full');
    };
    await assertSweep(new Janitor(world.parts), 0, 0);
    assert.equal(tries, 100);
  });

  it('shares a sweep that is under way', async () => {
    const world = await CrashParts.make();
    const janitor = new Janitor(world.parts);
    const first = janitor.sweep();
    assert.equal(janitor.sweep(), first);
    await first;
    assert.notEqual(janitor.sweep(), first);
  });

  it('says so when the key space is down, and goes on by its timer', async () => {
    const world = await CrashParts.make();
    await world.upload(1, {}, await world.dead());
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
    const world = await CrashParts.make();
    const janitor = new Janitor(world.parts);
    janitor.start(0);
    await janitor.stop();
    assert.equal(world.space.counts.scans, 0);
  });

  it('does not trust a time far in the future, when a clock had jumped ahead, and keeps the data no shorter than was meant', async () => {
    const world = await CrashParts.make(HOUR);
    const { catalogue, clock } = world.parts;
    const [far, near] = [timeAfter(clock.now(), 5000 * DAY), timeAfter(clock.now(), 20 * DAY)];
    const doomed = (n: number, due: string): BlobEntry => ({ ...doomedBlob(n, due), store: 'main' });
    const blobs = [doomed(1, far), doomed(2, near), sampleBlob(3)];
    await catalogue.create(sampleImage(1, { status: 'pending_delete', blobs }));
    await catalogue.create(sampleImage(2, { status: 'pending_delete', blobs: [doomed(4, near)] }));
    const parts = { ...world.parts, scrubDelay: 30 * DAY };
    const before = clock.now();
    await assertSweep(new Janitor(parts), 0, 0);
    const dues = async (n: number): Promise<(string | null)[]> =>
      ((await world.image(n))?.blobs ?? []).map(({ due }) => due);
    // The first row of an image is that of the blob that is due first.
    assert.deepEqual([await dues(1), await dues(2)], [[far, near, null], [near]]);
    world.putForward(21 * DAY);
    await assertSweep(new Janitor(parts), 0, 2);
    await assertSweep(new Janitor(parts), 0, 0);
    const [due] = await dues(1);
    assert.ok(due! >= timeAfter(before, 51 * DAY) && due! < timeAfter(before, 52 * DAY), due!);
    world.putForward(31 * DAY);
    await assertSweep(new Janitor(parts), 0, 1);
    assert.deepEqual(await dues(1), [null]);
    assert.deepEqual(world.space.rows, world.space.derivedRows);
  });
});
