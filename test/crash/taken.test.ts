import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { diskStore, type BlobStore } from '../../lib/index.js';
import { doomed } from '../../lib/domain/blob-entries.js';
import { settleBlob } from '../../lib/services/settle.js';
import { Transfer } from '../../lib/services/transfer.js';
import { CrashParts } from '../support/life/crash-parts.js';
import { sampleId, sampleImage } from '../support/mounts/sample-images.js';
import { until } from '../support/until.js';

interface HalfUploaded {
  readonly world: CrashParts;
  readonly data: PassThrough;
  readonly uploading: Promise<unknown>;
}

/** An upload of which half has come. Its lease is renewed so seldom that only the last step can notice anything. */
async function halfUploaded(store?: BlobStore): Promise<HalfUploaded> {
  const world = await CrashParts.make(undefined, store);
  const data = new PassThrough();
  data.write('half of it, ');
  const transfer = new Transfer(world.parts);
  const attempt = await transfer.begin({ user: null, project: null, requestId: null });
  const image = await attempt.enter(sampleId(1), async () => {
    const wanted = sampleImage(1, { status: 'saving', size: null });
    const claimed = attempt.claim(wanted, { purpose: 'data', onFailure: 'killed', reserved: 0 });
    await world.parts.catalogue.create(claimed);
    return claimed;
  });
  const uploading = attempt.run(() => Promise.resolve(image), { open: () => data, length: null });
  return { world, data, uploading };
}

/** Ends the upload as a janitor does that took its process for dead. */
async function take({ world }: HalfUploaded): Promise<void> {
  const [blob] = (await world.image(1))?.blobs ?? [];
  await settleBlob(world.parts, sampleId(1), blob!.id, { message: 'taken', certain: false });
}

describe('an upload whose image is taken from it before its last step', () => {
  it('becomes active when nobody does', async () => {
    const { world, data, uploading } = await halfUploaded();
    data.end('all of it');
    await uploading;
    const image = await world.image(1);
    assert.deepEqual([image?.status, image?.blobs.map(({ state }) => state)], ['active', ['kept']]);
    assert.equal((await world.blobs()).length, 1);
  });

  it('leaves the image killed and nothing behind, when a janitor took it for dead', async () => {
    const taken = await halfUploaded();
    const { world, data, uploading } = taken;
    await take(taken);
    data.end('all of it');
    await assert.rejects(uploading, { code: 'upload_lost', status: 412 });
    await assertKilled(taken);
    assert.deepEqual(await world.blobs(), []);
  });

  it('says so too when its staged file went with the image', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'taken-'));
    try {
      const store = diskStore({ path: folder });
      await store.open?.();
      const taken = await halfUploaded(store);
      const { world, data, uploading } = taken;
      // Made with the first write.
      const staged = (): Promise<string[]> => readdir(path.join(folder, 'staging')).catch(() => []);
      await until('it is staged', async () => (await staged()).length === 1);
      await take(taken);
      data.end('all of it');
      await assert.rejects(uploading, { code: 'upload_lost', status: 412 });
      await assertKilled(taken);
      assert.deepEqual([await staged(), await world.blobs()], [[], []]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('leaves the image deleted and nothing behind, when another process deleted it', async () => {
    const { world, data, uploading } = await halfUploaded();
    await world.parts.catalogue.update(sampleId(1), (image) => ({
      ...image,
      status: 'deleted',
      blobs: image.blobs.map((blob) => doomed(blob, image.updated_at)),
    }));
    data.end('all of it');
    await assert.rejects(uploading, { code: 'deleted_meanwhile', status: 412 });
    assert.deepEqual([(await world.image(1))?.status, await world.entries(1)], ['deleted', []]);
    assert.deepEqual(await world.blobs(), []);
  });
});

/** The image is killed, and the writer has removed what it had left. */
async function assertKilled({ world }: HalfUploaded): Promise<void> {
  const image = await world.image(1);
  assert.deepEqual([image?.status, image?.message, image?.blobs], ['killed', 'taken', []]);
}

describe('a copy whose image is taken from it before its turn comes', () => {
  it('does not begin, and leaves the image as it is', async () => {
    const world = await CrashParts.make();
    const { parts } = world;
    const attempt = await new Transfer(parts).begin({ user: null, project: null, requestId: null });
    await attempt.enter(sampleId(1), async () => {
      const wanted = sampleImage(1, { status: 'queued', size: null });
      await parts.catalogue.create(
        attempt.claim(wanted, { purpose: 'data', onFailure: 'killed', reserved: 0 }),
      );
    });
    await settleBlob(parts, sampleId(1), attempt.blob.id, { message: 'taken', certain: false });
    const before = await world.image(1);
    let opened = false;
    const open = (): PassThrough => {
      opened = true;
      return new PassThrough();
    };
    await assert.rejects(
      attempt.run(() => attempt.start(), { open, length: null }),
      { code: 'upload_lost' },
    );
    assert.equal(opened, false);
    const after = await world.image(1);
    assert.deepEqual([after?.status, after?.updated_at], [before?.status, before?.updated_at]);
  });
});
