import assert from 'node:assert/strict';
import { timeAfter } from '../../lib/domain/times.js';
import { removeDoomed } from '../../lib/services/doomed-blobs.js';
import { Janitor } from '../../lib/services/janitor.js';
import { CrashParts } from '../support/life/crash-parts.js';
import { ADMINISTRATOR, OWNER, store } from '../support/life/life-images.js';
import { LifeStorage } from '../support/life/life-storage.js';
import { until } from '../support/until.js';

const DUE = '2024-01-01T00:00:00.000000';
const SECONDS = 1000;

describe('the data of a deleted image', () => {
  let storage: LifeStorage;

  beforeEach(async () => {
    storage = await LifeStorage.make('LMDB and disk');
  });

  afterEach(() => storage.end());

  it('stays for the scrub time, whoever sweeps', async () => {
    const registry = await storage.open({ delayedDelete: true, scrubTime: 3600 });
    const other = await storage.open();
    const { id } = await store(registry);
    await registry.images.remove(OWNER, id);
    for (const sweeper of [registry, other]) assert.equal((await sweeper.sweep()).scrubbed, 0);
    assert.equal((await storage.stored()).length, 1);
    const { status, blobs, deleted_at } = await storage.record(id);
    assert.equal(status, 'pending_delete');
    assert.equal(Date.parse(`${blobs[0]?.due ?? ''}Z`) - Date.parse(`${deleted_at ?? ''}Z`), 3600 * SECONDS);
  });

  it('goes after the scrub time, with the sweep of any process', async () => {
    const registry = await storage.open({ delayedDelete: true, scrubTime: 0.2 });
    const other = await storage.open();
    const { id } = await store(registry);
    await registry.images.remove(OWNER, id);
    await until('the other one removes it', async () => (await other.sweep()).scrubbed === 1);
    assert.deepEqual(await storage.stored(), []);
    assert.equal((await registry.images.show(ADMINISTRATOR, id)).status, 'deleted');
  });

  it('goes by the timer of any process', async () => {
    const registry = await storage.open({ delayedDelete: true });
    const { id } = await store(registry);
    await registry.images.remove(OWNER, id);
    await storage.open({ sweepInterval: 0.05 });
    await until('it is removed', async () => (await storage.stored()).length === 0);
    await until(
      'that is noted',
      async () => (await registry.images.show(ADMINISTRATOR, id)).status === 'deleted',
    );
  });
});

describe('a removal of data that fails', () => {
  async function deleted(world: CrashParts): Promise<void> {
    await world.parts.catalogue.open();
    const doomed = { state: 'doomed', process: null, location: 'blob-1', due: DUE } as const;
    await world.upload(1, { status: 'pending_delete', size: 5 }, undefined, doomed);
  }

  it('is tried again after 30 seconds, then twice as long each time, and at most 6 hours', async () => {
    const world = await CrashParts.make();
    await deleted(world);
    const janitor = new Janitor(world.parts);
    for (let tries = 1; tries <= 14; tries += 1) {
      const seconds = Math.min(30 * 2 ** (tries - 1), 6 * 3600);
      world.failRemovals(1);
      const before = world.parts.clock.now();
      assert.equal((await janitor.sweep()).scrubbed, 0);
      const { status, blobs } = (await world.image(1))!;
      const { due, ...blob } = blobs[0]!;
      assert.deepEqual([status, blob.state, blob.tries], ['pending_delete', 'doomed', tries]);
      const after = world.parts.clock.now();
      assert.ok(due! >= timeAfter(before, seconds * SECONDS), `${tries}: not before ${due!}`);
      assert.ok(due! <= timeAfter(after, seconds * SECONDS), `${tries}: not after ${due!}`);
      world.putForward((seconds * SECONDS) / 2);
      assert.equal((await janitor.sweep()).scrubbed, 0);
      assert.equal((await world.image(1))?.blobs[0]?.tries, tries);
      world.putForward((seconds * SECONDS) / 2);
    }
    assert.equal(world.log.warnings.filter((text) => text.startsWith('data that nobody needs')).length, 14);
    assert.deepEqual(await world.blobs(), ['blob-1']);
    assert.equal((await janitor.sweep()).scrubbed, 1);
    const { status, blobs } = (await world.image(1))!;
    assert.deepEqual([status, blobs], ['deleted', []]);
    assert.deepEqual(await world.blobs(), []);
    assert.deepEqual(world.space.rows, world.space.derivedRows);
  });

  it('is tried again as after one failure when two processes fail at once', async () => {
    const world = await CrashParts.make();
    await deleted(world);
    const image = (await world.image(1))!;
    world.failRemovals(2);
    const before = world.parts.clock.now();
    assert.deepEqual(
      await Promise.all([removeDoomed(world.parts, image), removeDoomed(world.parts, image)]),
      [false, false],
    );
    const [blob] = (await world.image(1))!.blobs;
    assert.equal(blob?.tries, 1);
    assert.ok((blob.due ?? '') < timeAfter(before, 60 * SECONDS), blob.due ?? '');
  });

  it('is tried again as before when not even a note of it can be taken', async () => {
    const world = await CrashParts.make();
    await deleted(world);
    world.failRemovals(1);
    world.failCommit(1);
    const janitor = new Janitor(world.parts);
    assert.equal((await janitor.sweep()).scrubbed, 0);
    assert.deepEqual([(await world.image(1))?.blobs[0]?.due, await world.blobs()], [DUE, ['blob-1']]);
    assert.equal((await janitor.sweep()).scrubbed, 1);
    assert.deepEqual(await world.blobs(), []);
  });

  it('is done again when the blob is gone and that could not be noted', async () => {
    const world = await CrashParts.make();
    await deleted(world);
    world.failCommit(1);
    const janitor = new Janitor(world.parts);
    assert.equal((await janitor.sweep()).scrubbed, 0);
    assert.deepEqual([(await world.image(1))?.status, await world.blobs()], ['pending_delete', []]);
    assert.equal((await janitor.sweep()).scrubbed, 1);
    assert.equal((await world.image(1))?.status, 'deleted');
  });
});
