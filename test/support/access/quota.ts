import assert from 'node:assert/strict';
import type { Keyv } from 'keyv';
import { AccessHost } from './host.js';
import { bytes, stall, upload, type StalledUpload } from './uploads.js';
import { FORMATS, OCTETS, type ImagesClient } from '../clients/images-client.js';
import { until } from '../until.js';

const KB = 1024;
const QUOTA = 64 * KB;

/** Defines what must hold of the storage quota when many things happen at once, whatever keeps the metadata. */
export function itHoldsQuotasInRaces(metadata: () => Keyv): void {
  let host: AccessHost;
  let owner: ImagesClient;

  beforeEach(async () => {
    const options = { userStorageQuota: QUOTA, leaseTime: 3600 };
    host = new AccessHost(undefined, options, metadata());
    await host.start();
    owner = host.as('owner');
  });
  afterEach(() => host.stop());

  const free = (): Promise<void> =>
    until('all room is free again', async () => (await host.used('blue')).every((count) => count === 0));
  const stored = async (): Promise<number> => (await host.stored()).length;
  const statuses = async (uploads: readonly StalledUpload[]): Promise<number[]> =>
    (await Promise.all(uploads.map((one) => one.finish()))).map(({ status }) => status).sort();

  it('counts what is on its way: a second upload finds the room taken', async () => {
    const first = await stall(host, owner, 40 * KB);
    assert.equal(await upload(owner, 30 * KB), 413);
    assert.equal(await upload(owner, 24 * KB, { chunked: true }), 201);
    assert.equal(await upload(host.as('member'), QUOTA), 201);
    assert.deepEqual(await statuses([first]), [201]);
    assert.deepEqual(await host.used('blue'), [QUOTA, 0]);
    assert.equal(await upload(owner, 1), 413);
  });

  it('gives the room of an upload that is broken off to the next one', async () => {
    const first = await stall(host, owner, QUOTA);
    assert.equal(await upload(owner, 1), 413);
    await first.breakOff();
    await free();
    assert.equal(await stored(), 0);
    assert.equal(await upload(owner, QUOTA), 201);
  });

  it('lets uploads of unknown size pass together no more than there is room for', async () => {
    const tries = await Promise.all([1, 2, 3, 4].map(() => upload(owner, 40 * KB, { chunked: true })));
    const passed = tries.filter((status) => status === 201).length;
    assert.ok(passed <= 1 && tries.every((status) => [201, 413].includes(status)), tries.join());
    assert.deepEqual(await host.used('blue'), [passed * 40 * KB, 0]);
    assert.equal(await stored(), passed);
  });

  it('lets as many of one size pass at once as fit', async () => {
    const tries = await Promise.all(Array.from({ length: 8 }, () => upload(owner, 20 * KB)));
    assert.deepEqual(tries.sort(), [201, 201, 201, 413, 413, 413, 413, 413]);
    assert.deepEqual(await host.used('blue'), [60 * KB, 0]);
    assert.equal(await stored(), 3);
  });

  it('ends with nothing used and nothing stored when images are deleted while they are uploaded', async () => {
    for (let round = 0; round < 10; round += 1) {
      const going = await stall(host, owner, QUOTA, round % 2 === 1);
      const removed = owner.ask(`/v1/images/${going.id}`, { method: 'DELETE' });
      // In every other pair of rounds the last byte races with the deletion.
      if (round % 4 < 2) assert.equal((await removed).status, 200);
      const { status } = await going.finish();
      assert.ok(status === 412 || (status === 201 && round % 4 >= 2), String(status));
      assert.equal((await removed).status, 200);
      await free();
      assert.equal(await stored(), 0);
    }
    assert.equal(await upload(owner, QUOTA), 201);
  });

  it('ends with what is stored when many upload and delete at once', async () => {
    const images = await Promise.all([1, 2, 3, 4, 5, 6].map(() => owner.reserve(FORMATS)));
    const body = bytes(10 * KB);
    await Promise.all(
      images.flatMap(({ id }, n) => [
        owner.ask(`/v1/images/${id}`, { method: 'PUT', headers: OCTETS, body, chunked: n % 2 === 0 }),
        ...(n < 4 ? [owner.ask(`/v1/images/${id}`, { method: 'DELETE' })] : []),
      ]),
    );
    const live = await Promise.all(images.map(({ id }) => owner.status(id)));
    const active = live.filter((status) => status === 'active').length;
    await until('uploads are settled', async () => (await host.used('blue'))[1] === 0);
    assert.deepEqual(await host.used('blue'), [active * 10 * KB, 0]);
    assert.equal(await stored(), active);
  });
}
