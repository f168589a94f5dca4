import assert from 'node:assert/strict';
import { newBlob } from '../../lib/domain/blob-entries.js';
import { processIdentity } from '../../lib/services/process-identity.js';
import { createImageRegistry, devTokens } from '../../lib/index.js';
import { AccessHost } from '../support/access/host.js';
import { bytes, stall, upload } from '../support/access/uploads.js';
import { FORM, field, file, formOf } from '../support/clients/form.js';
import { FORMATS, OCTETS } from '../support/clients/images-client.js';
import { MOUNTS } from '../support/mounts/serve.js';
import { until } from '../support/until.js';

const QUOTA = 10 * 1024;
const CHUNKED = { chunked: true };

describe('the storage quota', () => {
  let host: AccessHost;

  const start = async (userStorageQuota: number | string = '10KB', leaseTime = 60): Promise<void> => {
    host = new AccessHost(undefined, { userStorageQuota, leaseTime });
    await host.start();
  };
  const remove = async (id: string): Promise<void> => {
    const answer = await host.as('admin').ask(`/v1/images/${id}`, { method: 'DELETE' });
    assert.equal(answer.status, 200);
  };
  const used = (): Promise<[number, number]> => host.used('blue');

  afterEach(() => host.stop());

  for (const form of [QUOTA, '10KB', '10 kb', '10KiB', '10240', '10240B', '0.009765625 MB'])
    it(`may be written ${JSON.stringify(form)}`, async () => {
      await start(form);
      assert.equal(await upload(host.as('owner'), QUOTA + 1), 413);
      assert.equal(await upload(host.as('owner'), QUOTA), 201);
      assert.equal(await upload(host.as('owner'), 1), 413);
    });

  it('refuses a size that is told beforehand, and leaves no record', async () => {
    await start();
    const owner = host.as('owner');
    await owner.upload(bytes(QUOTA - 100));
    const id = crypto.randomUUID();
    assert.equal(await upload(owner, 101, { id }), 413);
    const sized = { ...OCTETS, ...FORMATS, 'x-image-meta-id': id, 'x-image-meta-size': '101' };
    const question = { method: 'POST', headers: sized, body: bytes(101), chunked: true };
    assert.equal((await owner.ask('/v1/images', question)).status, 413);
    assert.equal(await host.as('admin').status(id), '404');
    assert.equal((await host.stored()).length, 1);
    assert.deepEqual(await used(), [QUOTA - 100, 0]);
    assert.equal(await upload(owner, 100, { id }), 201);
  });

  it('refuses more than there is room for when only counting tells, and keeps nothing of it', async () => {
    await start();
    const owner = host.as('owner');
    await owner.upload(bytes(QUOTA - 100));
    const id = crypto.randomUUID();
    assert.equal(await upload(owner, 101, { id, chunked: true }), 413);
    const fields = Object.entries(FORMATS).map(([name, value]) => field(name, value));
    const form = { method: 'POST', headers: FORM, body: formOf(...fields, file(bytes(101))) };
    assert.equal((await owner.ask('/v1/images', form)).status, 413);
    assert.equal(await owner.status(id), 'killed');
    assert.equal((await host.stored()).length, 1);
    assert.deepEqual(await used(), [QUOTA - 100, 0]);
    assert.equal(await upload(owner, 100, CHUNKED), 201);
    assert.equal(await upload(owner, 1, CHUNKED), 413);
    assert.deepEqual(await used(), [QUOTA, 0]);
  });

  it('leaves a reserved image queued when its data is announced too large', async () => {
    await start();
    const { id } = await host.as('owner').reserve(FORMATS);
    const put = async (count: number, chunked = false): Promise<number> =>
      (
        await host
          .as('owner')
          .ask(`/v1/images/${id}`, { method: 'PUT', headers: OCTETS, body: bytes(count), chunked })
      ).status;
    assert.equal(await put(QUOTA + 1), 413);
    assert.equal(await host.as('owner').status(id), 'queued');
    assert.deepEqual(await used(), [0, 0]);
    assert.equal(await put(QUOTA), 200);
    assert.deepEqual(await used(), [QUOTA, 0]);
  });

  it('gives room back when images are deleted, uploads fail, are broken off or have the wrong size', async () => {
    await start();
    const owner = host.as('owner');
    for (let round = 0; round < 3; round += 1) {
      const { id } = await owner.upload(bytes(QUOTA));
      assert.equal(await upload(owner, 1), 413);
      await remove(id);
      assert.deepEqual(await used(), [0, 0]);
    }
    const wrong = { ...OCTETS, ...FORMATS, 'x-image-meta-checksum': '0'.repeat(32) };
    const question = { method: 'POST', headers: wrong, body: bytes(QUOTA) };
    assert.equal((await owner.ask('/v1/images', question)).status, 400);
    const broken = await stall(host, owner, QUOTA);
    await broken.breakOff();
    await until('nothing is kept for it', async () => (await used()).every((count) => count === 0));
    assert.equal(await owner.status(broken.id), 'killed');
    assert.equal(await upload(owner, QUOTA), 201);
  });

  it('is for each project', async () => {
    await start();
    assert.equal(await upload(host.as('owner'), QUOTA), 201);
    assert.equal(await upload(host.as('owner'), 1), 413);
    assert.equal(await upload(host.as('member'), QUOTA), 201);
    assert.equal(await upload(host.as('admin, no project'), 3 * QUOTA), 201, 'images of nobody have none');
    assert.deepEqual(
      [await used(), await host.used('green')],
      [
        [QUOTA, 0],
        [QUOTA, 0],
      ],
    );
  });

  it('goes with an image that an admin gives to another project', async () => {
    await start();
    const { id } = await host.as('owner').upload(bytes(QUOTA));
    assert.equal(await upload(host.as('member'), 1), 201);
    const give = async (image: string, owner: string): Promise<void> => {
      const headers = { 'x-image-meta-owner': owner };
      const answer = await host.as('admin').ask(`/v1/images/${image}`, { method: 'PUT', headers });
      assert.equal(answer.status, 200);
    };
    await give(id, 'green');
    assert.deepEqual(
      [await used(), await host.used('green')],
      [
        [0, 0],
        [QUOTA + 1, 0],
      ],
    );
    assert.equal(await upload(host.as('member'), 1), 413);
    assert.equal(await upload(host.as('owner'), QUOTA - 10), 201);
    const going = await stall(host, host.as('owner'), 10);
    await give(going.id, 'green');
    assert.equal((await going.finish()).status, 201);
    assert.deepEqual(
      [await used(), await host.used('green')],
      [
        [QUOTA - 10, 0],
        [QUOTA + 11, 0],
      ],
    );
    await remove(id);
    await remove(going.id);
    assert.deepEqual(await host.used('green'), [1, 0]);
  });

  it('counts what is stored, whatever size an admin gives to an image', async () => {
    await start();
    await host.as('owner').upload(bytes(100));
    const { id } = await host.as('owner').upload(bytes(50));
    const question = { method: 'PUT', headers: { 'x-image-meta-size': '9000' } };
    assert.equal((await host.as('admin').ask(`/v1/images/${id}`, question)).status, 200);
    assert.deepEqual(await used(), [150, 0]);
    await remove(id);
    assert.deepEqual(await used(), [100, 0]);
  });

  it('counts anew what a crash has left too high, before it refuses', async () => {
    await start();
    const owner = host.as('owner');
    await host.add('shared', { size: QUOTA / 2 });
    await host.usage.put({ project: 'blue', bytes: 99 * QUOTA, pending: {} }, 0);
    assert.equal(await upload(owner, QUOTA / 2), 201);
    assert.deepEqual(await used(), [QUOTA, 0]);
    assert.equal(await upload(owner, 1), 413);
  });

  it('gives back what a dead upload had kept, once the janitor has ended it', async () => {
    await start(QUOTA, 0.05);
    const { id } = await host.as('owner').reserve(FORMATS);
    // A process of this host that had this one's pid before it, and has ended.
    const process = { ...(await processIdentity()), id: crypto.randomUUID(), start: '1' };
    await host.processes.put({ ...process, leaseTime: 60_000, counter: 0 });
    const blob = newBlob({
      store: 'file',
      purpose: 'data',
      process: process.id,
      onFailure: 'killed',
      owner: 'blue',
      reserved: QUOTA,
    });
    await host.catalogue.update(id, (image) => ({ ...image, status: 'saving', blobs: [blob] }));
    const pending = { [blob.id]: { image: id, bytes: QUOTA } };
    await host.usage.put({ project: 'blue', bytes: 0, pending }, 0);
    assert.equal(await upload(host.as('owner'), 1), 413);
    await until('the dead upload is ended', async () => (await host.served.registry.sweep()).settled > 0);
    assert.equal(await host.as('owner').status(id), 'killed');
    assert.deepEqual(await used(), [0, 0]);
    assert.equal(await upload(host.as('owner'), QUOTA), 201);
  });

  it('counts the images that were there before it', async () => {
    await start();
    await host.add('shared', { size: QUOTA });
    const id = crypto.randomUUID();
    assert.equal(await upload(host.as('owner'), 1, { id }), 413);
    assert.equal(await host.as('admin').status(id), '404');
    assert.deepEqual(await used(), [QUOTA, 0]);
  });

  it('does not concern images without data', async () => {
    await start();
    assert.equal(await upload(host.as('owner'), QUOTA), 201);
    await host.as('owner').reserve();
    await host.as('owner').reserve({ 'x-image-meta-size': '5' });
  });
});

describe('the storage quota, as an option', () => {
  it('names itself when it is none', () => {
    for (const userStorageQuota of ['10X', '', '-1', '1.5B', 'GB', -1, 1.5, Number.NaN, '99999999TB'])
      assert.throws(
        () => createImageRegistry({ authenticate: devTokens(), userStorageQuota }),
        (error: unknown) => error instanceof TypeError && error.message.includes('userStorageQuota'),
        String(userStorageQuota),
      );
  });
});

for (const mount of MOUNTS)
  describe(`quotas, ${mount.name}`, () => {
    const host = new AccessHost(mount, { userStorageQuota: QUOTA, imageCountQuota: 3 }).hooks();

    it('hold', async () => {
      const owner = host.as('owner');
      assert.equal(await upload(owner, QUOTA + 1), 413);
      assert.equal(await upload(owner, QUOTA + 1, CHUNKED), 413);
      assert.equal(await upload(owner, QUOTA), 201);
      const before = await owner.reserve();
      const taken = { method: 'POST' };
      assert.equal((await owner.ask('/v1/images', taken)).status, 413);
      assert.deepEqual(await host.used('blue'), [QUOTA, 0]);
      assert.equal((await owner.ask(`/v1/images/${before.id}`, { method: 'DELETE' })).status, 200);
      await owner.reserve();
      await host.as('member').reserve();
    });
  });
