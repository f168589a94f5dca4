import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { RegistryError, type ImageChange, type ImageChanges } from '../../lib/index.js';
import { ANN, EVE, FaceHost, FORMATS, MIA, READER, refusal, ROOT, textOf } from '../support/access/face.js';

describe('images.update', () => {
  const host = new FaceHost({ imagePropertyQuota: 2, imageTagQuota: 2 });

  it('changes what is named and leaves the rest', async () => {
    const { images } = host.registry;
    const { id } = await images.create(ANN, { name: 'a', min_ram: 5, properties: { a: '1', b: '2' } });
    const changed = await images.update(ANN, id, { name: null, tags: ['x'], properties: { b: '3' } });
    assert.deepEqual([changed.name, changed.min_ram, changed.tags], [null, 5, ['x']]);
    assert.deepEqual(changed.properties, { a: '1', b: '3' });
    assert.deepEqual((await images.update(ANN, id, { removeProperties: ['a', 'c'] })).properties, { b: '3' });
    const purged = await images.update(ANN, id, { properties: { c: '4' }, purgeProperties: true });
    assert.deepEqual(purged.properties, { c: '4' });
  });

  it('makes several changes in their order, each told from what those before have left, all or none', async () => {
    const { images } = host.registry;
    const { id, updated_at } = await images.create(ANN, { properties: { a: '1', b: '2' } });
    const replace =
      (key: string, value: string): ImageChange =>
      ({ properties }) => {
        if (!Object.hasOwn(properties, key)) throw new RegistryError('conflict', `There is no ${key}.`);
        return { properties: { [key]: value } };
      };
    const remove = { removeProperties: ['a'] };
    await assert.rejects(
      images.update(ANN, id, [{ name: 'new' }, remove, replace('a', '3')]),
      refusal('conflict', /no a/),
    );
    assert.equal((await images.show(ANN, id)).updated_at, updated_at);
    // The quota counts what is left at the end.
    const changed = await images.update(ANN, id, [{ properties: { c: '4' } }, replace('c', '5'), remove]);
    assert.deepEqual(changed.properties, { b: '2', c: '5' });
    await assert.rejects(
      images.update(ANN, id, { properties: { d: '6' } }),
      refusal('too_large', /2 properties/),
    );
    const addTag =
      (tag: string): ImageChange =>
      (image) =>
        image.tags.includes(tag) ? null : { tags: [...image.tags, tag] };
    await images.update(ANN, id, addTag('x'));
    const before = await images.update(ANN, id, addTag('y'));
    assert.deepEqual(await images.update(ANN, id, addTag('y')), before, 'nothing is nothing');
    await assert.rejects(images.update(ANN, id, addTag('z')), refusal('too_large', /tags/));
  });

  it('refuses in words what may not be', async () => {
    const { images } = host.registry;
    const { id } = await images.create(ANN, FORMATS, { data: Buffer.from('data') });
    for (const [changes, code, words] of [
      [{ size: -5 }, 'bad_request', /size/],
      [{ colour: 'red' }, 'bad_request', /colour/],
      [() => ({ min_ram: -1 }), 'bad_request', /min_ram/],
      [() => ({ name: 42 }), 'bad_request', /name/],
      [{ id: crypto.randomUUID() }, 'forbidden', /id/],
      [{ id: 'x' }, 'forbidden', /id/],
      [{ status: 'queued' }, 'forbidden', /status/],
      [{ size: 5 }, 'forbidden', /size/],
      [{ checksum: 'x' }, 'forbidden', /checksum/],
      [{ owner: 'green' }, 'forbidden', /owner/],
      [{ updated_at: '2001-01-01' }, 'forbidden', /updated_at/],
      [() => ({ visibility: 'public' }), 'forbidden', /publicize_image/],
    ] as const)
      await assert.rejects(images.update(ANN, id, changes as ImageChanges), refusal(code, words));
    await assert.rejects(images.update(READER, id, {}), refusal('forbidden'));
    await assert.rejects(images.update(EVE, id, {}), refusal('not_found'));
    assert.equal((await images.update(ROOT, id, { owner: 'green' })).owner, 'green');
    assert.equal((await images.update(MIA, id, { status: 'active', size: 4 })).status, 'active');
  });
});

describe('images.upload', () => {
  const host = new FaceHost({ imageSizeCap: 100 });
  const broken = (): Readable =>
    Readable.from(
      (async function* () {
        yield await Promise.resolve(Buffer.from('da'));
        throw new Error('the source broke');
      })(),
    );

  it('brings the data of a queued image, once', async () => {
    const { images } = host.registry;
    const { id } = await images.create(ANN, FORMATS);
    assert.equal((await images.upload(ANN, id, { data: Buffer.from('data') })).status, 'active');
    assert.equal(await textOf((await images.download(ANN, id)).stream), 'data');
    await assert.rejects(
      images.upload(ANN, id, { data: Buffer.from('more') }),
      refusal('conflict', /queued/),
    );
  });

  it('leaves behind what the version of the API, or the caller, has it leave when it fails', async () => {
    const { images } = host.registry;
    for (const [face, options, status] of [
      [images, {}, 'killed'],
      [images, { onFailure: 'queued' }, 'queued'],
      [images.speaking('v2'), {}, 'queued'],
      [images.speaking('v2'), { onFailure: 'killed' }, 'killed'],
    ] as const) {
      const { id } = await images.create(ANN, FORMATS);
      await assert.rejects(face.upload(ANN, id, { data: broken() }, options));
      assert.equal((await images.show(ANN, id)).status, status);
      if (status === 'killed') continue;
      const again = await face.upload(ANN, id, { data: Buffer.from('data') }, options);
      assert.deepEqual([again.status, again.size], ['active', 4]);
    }
  });

  it('refuses data of another size than was announced', async () => {
    const { images } = host.registry;
    const face = images.speaking('v2');
    const { id } = await images.create(ANN, FORMATS);
    for (const size of [3, 5])
      await assert.rejects(
        face.upload(ANN, id, { data: Buffer.from('data') }, { size }),
        refusal('bad_request', /size does not match/),
      );
    assert.equal((await images.show(ANN, id)).size, null);
    assert.equal((await face.upload(ANN, id, { data: Buffer.from('data') }, { size: 4 })).size, 4);
  });

  it('refuses in words and leaves the image as it is', async () => {
    const { images } = host.registry;
    const { id } = await images.create(ANN, FORMATS);
    const without = await images.create(ANN);
    const data = Buffer.from('data');
    for (const [caller, image, source, options, code, words] of [
      [ANN, id, {}, {}, 'bad_request', /no data/],
      [ANN, id, { data }, { store: 'nowhere' }, 'bad_request', /store/],
      [ANN, id, { data }, { size: -1 }, 'bad_request', /size/],
      [ANN, without.id, { data }, {}, 'bad_request', /disk_format/],
      [ANN, id, { data: Buffer.alloc(101) }, {}, 'too_large', /100 bytes/],
      [EVE, id, { data }, {}, 'not_found', /./],
      [READER, id, { data }, {}, 'forbidden', /./],
      [ANN, crypto.randomUUID(), { data }, {}, 'not_found', /./],
    ] as const)
      await assert.rejects(images.upload(caller, image, source, options), refusal(code, words));
    assert.equal((await images.show(ANN, id)).status, 'queued');
  });
});

describe('images of which the versions think differently', () => {
  const host = new FaceHost();

  it('deleted ones are there for admins in v1 alone', async () => {
    const { images } = host.registry;
    const { id } = await images.create(ANN);
    await images.remove(ANN, id);
    assert.equal((await images.show(ROOT, id)).status, 'deleted');
    await assert.rejects(images.update(ROOT, id, {}), refusal('forbidden', /deleted/));
    const v2 = images.speaking('v2');
    for (const work of [
      v2.show(ROOT, id),
      v2.update(ROOT, id, {}),
      v2.remove(ROOT, id),
      v2.download(ROOT, id),
    ])
      await assert.rejects(work, refusal('not_found'));
  });

  it('deactivated ones are open to admins in v2 alone', async () => {
    const { images } = host.registry;
    const { id } = await images.create(ANN, FORMATS, { data: Buffer.from('data') });
    assert.deepEqual((await images.deactivate(ANN, id)).stores, []);
    assert.equal((await images.show(ROOT, id)).stores.length, 1);
    for (const caller of [ANN, ROOT]) await assert.rejects(images.download(caller, id), refusal('forbidden'));
    await assert.rejects(images.speaking('v2').download(ANN, id), refusal('forbidden'));
    assert.equal(await textOf((await images.speaking('v2').download(ROOT, id)).stream), 'data');
  });
});
