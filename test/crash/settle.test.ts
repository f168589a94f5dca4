import assert from 'node:assert/strict';
import { settleBlob } from '../../lib/services/settle.js';
import { CrashParts } from '../support/life/crash-parts.js';
import { sampleId } from '../support/mounts/sample-images.js';

const LEASE_TIME = 3_600_000;

function settle(world: CrashParts, message: string, certain = true): ReturnType<typeof settleBlob> {
  return settleBlob(world.parts, sampleId(1), 'blob-1', { message, certain });
}

describe('settling an upload that will not go on', () => {
  let world: CrashParts;

  beforeEach(async () => {
    world = await CrashParts.make(LEASE_TIME);
  });

  it('kills its image, and removes its bytes and its entry', async () => {
    await world.upload(1);
    const before = await world.image(1);
    await settle(world, 'why');
    const image = (await world.image(1))!;
    const { updated_at } = image;
    assert.deepEqual(image, { ...before, status: 'killed', blobs: [], message: 'why', updated_at });
    assert.notEqual(updated_at, before?.updated_at);
    assert.deepEqual(await world.blobs(), []);
    assert.deepEqual(world.space.rows, world.space.derivedRows);
  });

  for (const [onFailure, status] of [
    ['killed', 'killed'],
    ['queued', 'queued'],
    ['none', 'active'],
  ] as const)
    it(`makes of the image what the entry says: ${onFailure}`, async () => {
      await world.upload(1, { status: 'active' }, undefined, { onFailure });
      await settle(world, 'why');
      const image = await world.image(1);
      assert.deepEqual([image?.status, image?.blobs], [status, []]);
      assert.equal(image?.message, onFailure === 'none' ? null : 'why');
    });

  it('does no harm when it is done twice', async () => {
    await world.upload(1);
    await settle(world, 'first');
    const { commits } = world.space.counts;
    await settle(world, 'second');
    assert.equal((await world.image(1))?.message, 'first');
    assert.equal(world.space.counts.commits, commits);
  });

  it('does no harm when two do it at once', async () => {
    await world.upload(1);
    await Promise.all([settle(world, 'one'), settle(world, 'other')]);
    assert.equal((await world.image(1))?.status, 'killed');
    assert.deepEqual([await world.blobs(), await world.entries(1)], [[], []]);
  });

  it('keeps the bytes of an upload that had succeeded', async () => {
    const kept = { state: 'kept', location: 'blob-1' } as const;
    const blob = await world.upload(1, { status: 'active', size: 5 }, undefined, kept);
    await world.parts.catalogue.update(sampleId(1), (image) => ({
      ...image,
      blobs: [{ ...blob, process: null }],
    }));
    await settle(world, 'why');
    assert.equal((await world.image(1))?.status, 'active');
    assert.deepEqual([await world.blobs(), await world.entries(1)], [['blob-1'], ['blob-1']]);
  });

  it('leaves an image alone that has no such entry', async () => {
    await world.upload(1, { blobs: [] });
    const before = await world.image(1);
    await settle(world, 'why');
    assert.deepEqual(await world.image(1), before);
    const none = await settleBlob(world.parts, sampleId(2), 'x', { message: '', certain: true });
    assert.deepEqual(none, { image: undefined, found: undefined });
  });

  it('removes the bytes of an image that was deleted meanwhile, and says nothing else of it', async () => {
    await world.upload(1, { status: 'deleted' }, undefined, { state: 'doomed' });
    await settle(world, 'why');
    const image = await world.image(1);
    assert.deepEqual([image?.status, image?.message, image?.blobs], ['deleted', null, []]);
    assert.deepEqual(await world.blobs(), []);
  });

  it('keeps the entry when the store is down, for a later sweep', async () => {
    await world.upload(1);
    world.failRemovals(1);
    await settle(world, 'why');
    const image = await world.image(1);
    assert.deepEqual(
      [image?.status, image?.blobs[0]?.state, image?.blobs[0]?.tries],
      ['killed', 'doomed', 1],
    );
    assert.deepEqual(await world.blobs(), ['blob-1']);
  });

  it('has changed nothing when the key space fails in killing the image', async () => {
    await world.upload(1);
    const before = await world.image(1);
    world.failCommit(1);
    await assert.rejects(settle(world, 'why'), { code: 'unavailable' });
    assert.deepEqual([await world.image(1), await world.blobs()], [before, ['blob-1']]);
    await settle(world, 'again');
    assert.deepEqual([await world.blobs(), await world.entries(1)], [[], []]);
  });

  it('keeps the entry when the key space fails in taking it out, for the next sweep', async () => {
    await world.upload(1);
    world.failCommit(2);
    await settle(world, 'why');
    assert.deepEqual([await world.blobs(), await world.entries(1)], [[], ['blob-1']]);
    assert.equal((await world.parts.catalogue.withChores(world.parts.clock.now(), 10)).length, 1);
  });

  it('removes the key at once and once more a lease time later, when the writer may come round', async () => {
    await world.upload(1);
    await settle(world, 'why', false);
    const image = (await world.image(1))!;
    assert.deepEqual(
      [image.status, image.blobs[0]?.state, image.blobs[0]?.process],
      ['killed', 'doomed', null],
    );
    assert.deepEqual(await world.blobs(), []);
    const due = Date.parse(`${image.blobs[0]?.due ?? ''}Z`);
    assert.equal(due - Date.parse(`${image.updated_at}Z`), LEASE_TIME);
  });
});
