import assert from 'node:assert/strict';
import { memoryStore } from '../../lib/index.js';
import { ADMIN, ANN, onEveryMount } from '../support/mounts/host.js';
import { READY, V2Client } from '../support/clients/v2-client.js';

const stores = () => ({
  fast: { store: memoryStore(), description: 'SSDs' },
  slow: memoryStore(),
  archive: { store: memoryStore(), readOnly: true },
  web: 'http' as const,
});

onEveryMount('several stores', { blobs: { stores: stores(), defaultStore: 'fast' } }, (host) => {
  const client = (token = ANN): V2Client => new V2Client(host, token);

  it('are told, without what they are made of but to admins', async () => {
    const plain = [
      { id: 'fast', description: 'SSDs', default: 'true' },
      { id: 'slow' },
      { id: 'archive', 'read-only': 'true' },
      { id: 'web', 'read-only': 'true' },
    ];
    assert.deepEqual(JSON.parse((await client().ask('/v2/info/stores')).text), { stores: plain });
    const types = ['memory', 'memory', 'memory', 'http'];
    const detailed = plain.map((store, index) => ({ ...store, type: types[index], properties: {} }));
    const detail = await client(ADMIN).ask('/v2/info/stores/detail');
    assert.deepEqual(JSON.parse(detail.text), { stores: detailed });
    assert.equal((await client().ask('/v2/info/stores/detail')).status, 403);
    const created = await client().send('POST', '/v2/images', READY);
    assert.equal(created.headers['openstack-image-store-ids'], 'fast,slow,archive,web');
  });

  it('take data that names them, if they take any', async () => {
    const { id } = await client().create();
    const put = async (store: string, image = id): Promise<number> =>
      (await client().put(image, 'data', { 'x-image-meta-store': store })).status;
    assert.equal(await put('none'), 400);
    assert.equal(await put('archive'), 410);
    assert.equal(await put('web', '00000000-0000-4000-8000-000000000000'), 410);
    assert.equal((await client().show(id)).status, 'queued');
    assert.equal(await put('slow'), 204);
    assert.equal((await client().show(id)).stores, 'slow');
    const { stores: ofDefault } = await client().upload('data');
    assert.equal(ofDefault, 'fast');
  });
});
