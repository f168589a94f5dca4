import assert from 'node:assert/strict';
import { settle } from '../../lib/services/settle.js';
import { CrashParts } from '../support/crash-parts.js';

const LOCATIONS = [{ store: 'main', key: 'attempt-1', metadata: {}, status: 'active' }] as const;

describe('settling an upload that will not go on', () => {
  it('kills its image, and removes its bytes and its lease', async () => {
    const world = new CrashParts();
    await world.parts.catalogue.open();
    const lease = await world.upload(1);
    const before = await world.image(1);
    await settle(world.parts, lease, 'why');
    const image = (await world.image(1))!;
    assert.deepEqual(image, {
      ...before,
      status: 'killed',
      attempt: null,
      message: 'why',
      updated_at: image.updated_at,
    });
    assert.notEqual(image.updated_at, before?.updated_at);
    assert.deepEqual([await world.blobs(), await world.attempts()], [[], []]);
    assert.deepEqual(world.space.rows, world.space.derivedRows);
  });

  it('does no harm when it is done twice', async () => {
    const world = new CrashParts();
    const lease = await world.upload(1);
    await settle(world.parts, lease, 'first');
    const { commits } = world.space.counts;
    await settle(world.parts, lease, 'second');
    assert.equal((await world.image(1))?.message, 'first');
    assert.equal(world.space.counts.commits, commits);
  });

  it('does no harm when two do it at once', async () => {
    const world = new CrashParts();
    const lease = await world.upload(1);
    await Promise.all([settle(world.parts, lease, 'one'), settle(world.parts, lease, 'other')]);
    assert.equal((await world.image(1))?.status, 'killed');
    assert.deepEqual([await world.blobs(), await world.attempts()], [[], []]);
  });

  it('keeps the bytes of an upload that had succeeded', async () => {
    const world = new CrashParts();
    const lease = await world.upload(1, { status: 'active', size: 5, locations: LOCATIONS });
    await settle(world.parts, lease, 'why');
    assert.equal((await world.image(1))?.status, 'active');
    assert.deepEqual([await world.blobs(), await world.attempts()], [['attempt-1'], []]);
  });

  it('leaves the image alone that another upload has claimed since', async () => {
    const world = new CrashParts();
    const lease = await world.upload(1, { attempt: 'another' });
    await settle(world.parts, lease, 'why');
    assert.equal((await world.image(1))?.status, 'saving');
    assert.deepEqual(await world.blobs(), []);
  });

  it('removes the bytes of an image that was deleted meanwhile', async () => {
    const world = new CrashParts();
    const lease = await world.upload(1, { status: 'deleted' });
    await settle(world.parts, lease, 'why');
    assert.equal((await world.image(1))?.status, 'deleted');
    assert.deepEqual(await world.blobs(), []);
  });

  it('keeps the lease when the store is down, so that another try finds it', async () => {
    const world = new CrashParts();
    const lease = await world.upload(1);
    world.failRemovals(1);
    await assert.rejects(settle(world.parts, lease, 'why'), { code: 'unavailable' });
    assert.equal((await world.image(1))?.status, 'killed');
    assert.deepEqual([await world.blobs(), await world.attempts()], [['attempt-1'], ['attempt-1']]);
    await settle(world.parts, lease, 'again');
    assert.deepEqual([await world.blobs(), await world.attempts()], [[], []]);
  });

  for (const [nth, what] of [
    [1, 'killing the image'],
    [2, 'removing the lease'],
  ] as const) {
    it(`keeps the lease when the key space fails in ${what}`, async () => {
      const world = new CrashParts();
      const lease = await world.upload(1);
      world.failCommit(nth);
      await assert.rejects(settle(world.parts, lease, 'why'), { code: 'unavailable' });
      assert.deepEqual(await world.attempts(), ['attempt-1']);
      await settle(world.parts, lease, 'again');
      assert.equal((await world.image(1))?.status, 'killed');
      assert.deepEqual([await world.blobs(), await world.attempts()], [[], []]);
    });
  }
});
