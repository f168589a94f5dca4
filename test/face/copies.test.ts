import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { newBlob } from '../../lib/domain/blob-entries.js';
import { ANN, EVE, FORMATS, refusal, ROOT } from '../support/access/face.js';
import { StoredCopies, type Fault } from '../support/access/stored-copies.js';

describe('an image in two stores', () => {
  let world: StoredCopies;
  let id: string;
  const large = 'x'.repeat(1_000_000);

  const make = async (data = 'data'): Promise<string> => {
    const image = await world.registry.images.create(
      ANN,
      { ...FORMATS, visibility: 'community' },
      { data: Buffer.from(data) },
    );
    await world.copy(image.id);
    return image.id;
  };
  const read = async (range?: { start: number; end: number }): Promise<string> =>
    text((await world.registry.images.download(ANN, id, { range })).stream);

  beforeEach(async () => {
    world = new StoredCopies({ delayedDelete: false });
    await world.registry.ready();
    id = await make();
  });
  afterEach(() => world.registry.close());

  it('names both, in the order in which they are read', async () => {
    assert.deepEqual((await world.registry.images.show(ANN, id)).stores, ['fast', 'slow']);
  });

  for (const fault of ['down', 'empty', 'longer', 'breaks at once'] as const satisfies Fault[])
    it(`is read from the other one when one ${fault}`, async () => {
      world.fast.fault = fault;
      assert.equal(await read(), 'data');
      assert.equal(await read({ start: 1, end: 2 }), 'at');
      world.slow.fault = fault;
      world.fast.fault = null;
      assert.equal(await read(), 'data');
    });

  it('is whole or broken off when the first one breaks behind the first bytes', async () => {
    id = await make(large);
    world.fast.fault = 'breaks in the middle';
    await assert.rejects(read());
    world.fast.fault = null;
    assert.equal((await read()).length, large.length);
  });

  it('is unavailable when one store is down and the other has lost it, in any order', async () => {
    for (const [fast, slow] of [
      ['down', 'empty'],
      ['empty', 'down'],
      ['longer', 'down'],
    ] as const) {
      world.fast.fault = fast;
      world.slow.fault = slow;
      await assert.rejects(read(), refusal('unavailable'));
    }
  });

  it('is not there when both have lost it', async () => {
    world.fast.fault = 'empty';
    world.slow.fault = 'empty';
    await assert.rejects(read(), refusal('not_found'));
  });

  it('loses one copy, and the bytes of that with it', async () => {
    const image = await world.registry.images.removeCopy(ANN, id, 'fast');
    assert.deepEqual(image.stores, ['slow']);
    assert.deepEqual([(await world.fast.keys()).length, (await world.slow.keys()).length], [0, 1]);
    assert.equal(await read(), 'data');
    assert.equal((await world.registry.verify()).ok, true);
  });

  it('loses no copy that it has not, nor the last one, nor by strangers', async () => {
    const { images } = world.registry;
    const remove = (store: string, caller = ANN): Promise<unknown> => images.removeCopy(caller, id, store);
    await assert.rejects(remove('none'), refusal('conflict', /no such store/));
    await assert.rejects(images.removeCopy(ANN, crypto.randomUUID(), 'slow'), refusal('not_found'));
    await assert.rejects(remove('slow', EVE), refusal('forbidden'));
    await images.deactivate(ANN, id);
    await assert.rejects(remove('slow'), refusal('conflict', /deactivated/));
    await images.reactivate(ANN, id);
    await remove('slow', ROOT);
    await assert.rejects(remove('slow'), refusal('forbidden', /only copy/));
    await assert.rejects(remove('fast'), refusal('forbidden', /only copy/));
    assert.equal(await read(), 'data');
  });

  it('keeps a copy whose bytes cannot be removed out of sight, and removes them later', async () => {
    const { inner } = world.slow;
    const remove = inner.remove.bind(inner);
    inner.remove = () => Promise.reject(new Error('no'));
    assert.deepEqual((await world.registry.images.removeCopy(ANN, id, 'slow')).stores, ['fast']);
    assert.equal((await world.slow.keys()).length, 1);
    const { blobs } = await world.image(id);
    assert.deepEqual(
      blobs.map(({ store, state }) => `${store} ${state}`),
      ['fast kept', 'slow doomed'],
    );
    inner.remove = remove;
    assert.equal((await world.registry.verify()).ok, true);
  });

  it('loses no copy while it is copied', async () => {
    await world.catalogue.update(id, (image) => ({
      ...image,
      blobs: [
        ...image.blobs,
        newBlob({
          store: 'slow',
          purpose: 'copy',
          process: crypto.randomUUID(),
          onFailure: 'none',
          owner: image.owner,
          reserved: 4,
        }),
      ],
    }));
    const removal = world.registry.images.removeCopy(ANN, id, 'slow');
    await assert.rejects(removal, refusal('conflict', /being copied/));
  });

  it('is verified in both, and deleted from both', async () => {
    assert.equal((await world.registry.verify()).ok, true);
    world.slow.fault = 'empty';
    const report = await world.registry.verify();
    assert.equal(report.damaged.count, 1);
    assert.match(report.damaged.first[0]?.reason ?? '', /slow/);
    world.slow.fault = null;
    await world.registry.images.remove(ANN, id);
    assert.deepEqual([...(await world.fast.keys()), ...(await world.slow.keys())], []);
  });

  it('counts twice for the quota of its project, and once when a copy is gone', async () => {
    const limited = world.another({ userStorageQuota: 12 });
    await limited.ready();
    try {
      const create = (data: string): Promise<unknown> =>
        limited.images.create(ANN, FORMATS, { data: Buffer.from(data) });
      await assert.rejects(create('x'.repeat(5)), refusal('too_large'));
      await limited.images.removeCopy(ANN, id, 'fast');
      await create('x'.repeat(8));
      await assert.rejects(create('x'), refusal('too_large'));
    } finally {
      await limited.close();
    }
  });
});
