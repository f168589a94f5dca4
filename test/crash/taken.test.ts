import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { diskStore, type BlobStore } from '../../lib/index.js';
import { settle } from '../../lib/services/settle.js';
import { Transfer } from '../../lib/services/transfer.js';
import { CrashParts } from '../support/crash-parts.js';
import { sampleImage } from '../support/sample-images.js';
import { until } from '../support/until.js';

interface HalfUploaded {
  readonly world: CrashParts;
  readonly data: PassThrough;
  readonly uploading: Promise<unknown>;
}

/** An upload of which half has come. Its lease is renewed so seldom that only the last step can notice anything. */
async function halfUploaded(store?: BlobStore): Promise<HalfUploaded> {
  const world = new CrashParts(undefined, store);
  const image = sampleImage(1, { status: 'queued', size: null });
  await world.parts.catalogue.create(image);
  const data = new PassThrough();
  data.write('half of it, ');
  const transfer = new Transfer(world.parts);
  const uploading = transfer.upload(image, { open: () => data, length: null }, new AbortController().signal);
  await until('it is saving', async () => (await world.image(1))?.status === 'saving');
  return { world, data, uploading };
}

describe('an upload whose image is taken from it before its last step', () => {
  it('becomes active when nobody does', async () => {
    const { world, data, uploading } = await halfUploaded();
    data.end('all of it');
    await uploading;
    assert.equal((await world.image(1))?.status, 'active');
    assert.deepEqual([(await world.blobs()).length, await world.attempts()], [1, []]);
  });

  it('leaves the image killed and nothing behind, when a janitor took it for dead', async () => {
    const { world, data, uploading } = await halfUploaded();
    const [lease] = await world.parts.leases.list();
    await settle(world.parts, lease!, 'taken');
    data.end('all of it');
    await assert.rejects(uploading, { code: 'deleted_meanwhile' });
    const image = await world.image(1);
    assert.deepEqual([image?.status, image?.message], ['killed', 'taken']);
    assert.deepEqual([await world.blobs(), await world.attempts()], [[], []]);
  });

  it('says so too when its staged file went with the image', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'taken-'));
    try {
      const store = diskStore({ path: folder });
      await store.open?.();
      const { world, data, uploading } = await halfUploaded(store);
      const staged = (): Promise<string[]> => readdir(path.join(folder, 'staging'));
      await until('it is staged', async () => (await staged()).length === 1);
      const [lease] = await world.parts.leases.list();
      await settle(world.parts, lease!, 'taken');
      data.end('all of it');
      await assert.rejects(uploading, { code: 'deleted_meanwhile' });
      assert.equal((await world.image(1))?.status, 'killed');
      assert.deepEqual([await staged(), await world.blobs(), await world.attempts()], [[], [], []]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('leaves the image deleted and nothing behind, when another process deleted it', async () => {
    const { world, data, uploading } = await halfUploaded();
    await world.parts.catalogue.update((await world.image(1))!.id, (image) => ({
      ...image,
      status: 'deleted',
      attempt: null,
    }));
    data.end('all of it');
    await assert.rejects(uploading, { code: 'deleted_meanwhile' });
    assert.equal((await world.image(1))?.status, 'deleted');
    assert.deepEqual([await world.blobs(), await world.attempts()], [[], []]);
  });
});
