import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { memoryStore, type ImageRegistryOptions } from '../../lib/index.js';
import type { Answer } from '../support/clients/ask.js';
import { V2Client, type ImageV2 } from '../support/clients/v2-client.js';
import { ADMIN, ANN, BOB, Host, onEveryMount } from '../support/mounts/host.js';
import { SourceHost } from '../support/servers/source-host.js';
import { startSourceServer, type SourceServer } from '../support/servers/source-server.js';

const JSON_OF = (answer: Answer): ImageV2 => {
  assert.equal(answer.status, 200, answer.text);
  return JSON.parse(answer.text) as ImageV2;
};
const SHOWN: Partial<ImageRegistryOptions> = {
  showMultipleLocations: true,
  showDirectUrl: true,
  imageLocationQuota: 3,
  sources: { networks: ['127.0.0.0/8'] },
};
const blobs = () => ({
  stores: { fast: memoryStore(), old: { store: memoryStore(), readOnly: true }, web: 'http' as const },
  defaultStore: 'fast',
});

let source: SourceServer;
before(async () => (source = await startSourceServer()));
after(() => source.close());

const add = (size: number, at = '-', metadata: object = {}): object => ({
  op: 'add',
  path: `/locations/${at}`,
  value: { url: `${source.url}/data/${size}`, metadata },
});
const remove = (at: string): object => ({ op: 'remove', path: `/locations/${at}` });

onEveryMount('locations that the operator shows', { ...SHOWN, blobs: blobs() }, (host) => {
  const client = (token = ANN): V2Client => new V2Client(host, token);
  const urls = ({ locations }: ImageV2): string[] =>
    (locations as { url: string }[]).map(({ url }) =>
      url.replace(source.url, '').replace(/[^/]*$/, (id) => (id.length > 9 ? 'id' : id)),
    );

  /** The first bytes, which nothing is known of: they tell where they were read. */
  const begin = async (id: string): Promise<string> =>
    (await client().ask(`/v2/images/${id}/file`, { headers: { range: 'bytes=0-1' } })).text;

  it('lie beside own data, in the order that a client says', async () => {
    const { id, ...image } = await client().upload('four');
    const [own] = image.locations as { url: string; metadata: object }[];
    assert.deepEqual(own?.metadata, { store: 'fast' });
    assert.equal(image.direct_url, own.url);
    const two = JSON_OF(await client().patch(id, add(4, '0')));
    assert.deepEqual([urls(two), two.stores], [['/data/4', 'image-store://fast/id'], 'web,fast']);
    assert.equal(two.direct_url, `${source.url}/data/4`);
    assert.equal(await begin(id), 'xx');
    const back = [...(two.locations as object[])].reverse();
    const turned = JSON_OF(await client().patch(id, { op: 'replace', path: '/locations', value: back }));
    assert.deepEqual([urls(turned), turned.stores], [['image-store://fast/id', '/data/4'], 'fast,web']);
    assert.equal(await begin(id), 'fo');
    const left = JSON_OF(await client().patch(id, remove('0')));
    assert.deepEqual([urls(left), left.stores], [['/data/4'], 'web']);
    assert.equal(await begin(id), 'xx');
  });

  it('must have what the image has, and are few', async () => {
    const { id, updated_at } = await client().upload('four');
    const status = async (...operations: object[]): Promise<number> =>
      (await client().patch(id, ...operations)).status;
    assert.equal(await status(add(5)), 400);
    assert.equal(await status(add(4, '2')), 400);
    assert.equal(await status(add(4, '-1')), 400);
    assert.equal(await status(remove('-')), 403);
    assert.equal(await status(add(4), add(4, '-', { n: 1 }), add(4, '-', { n: 2 })), 413);
    assert.equal(await status(add(4), add(4, '-', { store: 'mine' })), 400);
    const refused = await client().show(id);
    assert.deepEqual([refused.stores, refused.updated_at], ['fast', updated_at]);
    assert.equal(await status(add(4), add(4, '-', { n: 1 })), 200);
  });

  it('are hidden with the data of a deactivated image, and deleted with it', async () => {
    const { id } = await client().upload('four', { visibility: 'community' });
    await client().ask(`/v2/images/${id}/actions/deactivate`, { method: 'POST' });
    const hidden = JSON_OF(await client(BOB).ask(`/v2/images/${id}`));
    assert.deepEqual([hidden.locations, hidden.direct_url, hidden.stores], [[], undefined, undefined]);
    assert.equal(urls(JSON_OF(await client(ADMIN).ask(`/v2/images/${id}`))).length, 1);
    assert.equal((await client().patch(id, add(4))).status, 409);
    assert.equal((await client().ask(`/v2/images/${id}`, { method: 'DELETE' })).status, 204);
  });

  it('come from v1, too', async () => {
    const created = await host.client(ANN).ask('/v1/images', {
      method: 'POST',
      headers: {
        'x-image-meta-location': `${source.url}/data/6`,
        'x-image-meta-disk_format': 'raw',
        'x-image-meta-container_format': 'bare',
      },
    });
    const { image } = JSON.parse(created.text) as { image: { id: string } };
    const shown = await client().show(image.id);
    assert.deepEqual(
      [shown.stores, urls(shown), shown.status, shown.size],
      ['web', ['/data/6'], 'active', 6],
    );
  });
});

describe('locations that clients may name', () => {
  const asked: string[] = [];
  const counting = new SourceHost().hooks();
  const host = new Host(undefined, 'memory', {
    ...SHOWN,
    sources: { networks: ['127.0.0.0/8'], schemes: ['http'] },
    hooks: {
      beforeUpload: ({ from, size }) => void asked.push(`${from} ${size}`),
    },
  }).hooks();
  const client = (token = ANN): V2Client => new V2Client(host, token);

  it('are shown without a store where none stands for them', async () => {
    const { id } = await client().create();
    const { locations, stores } = JSON_OF(await client().patch(id, add(7)));
    assert.deepEqual(locations, [{ url: `${source.url}/data/7`, metadata: {} }]);
    assert.equal(stores, undefined);
  });

  it('are asked of the host app, once, and of nobody for those who may not change the image', async () => {
    const { id } = await client().create();
    asked.length = 0;
    const counted = { op: 'add', path: '/locations/-', value: { url: counting.url('/data'), metadata: {} } };
    assert.equal((await client(BOB).patch(id, counted)).status, 404);
    assert.equal((await client().patch(id, counted, remove('-'))).status, 403);
    assert.equal(
      (await client().patch(id, counted, { op: 'add', path: '/owner', value: 'green' })).status,
      403,
    );
    assert.deepEqual([asked, counting.asked], [[], []]);
    assert.equal((await client().patch(id, counted)).status, 400);
    assert.notDeepEqual(counting.asked, []);
    assert.deepEqual(asked, []);
    assert.equal((await client().patch(id, add(7), add(7, '-', { n: 1 }))).status, 200);
    assert.deepEqual(asked, ['location 7']);
  });

  it('are within the rules for sources', async () => {
    const { id } = await client().create();
    for (const url of [
      'file:///etc/passwd',
      'https://example.org/',
      'http://u:p@127.0.0.1/',
      'image-store://file/x',
      'x',
    ])
      assert.equal(
        (await client().patch(id, { op: 'add', path: '/locations/-', value: { url, metadata: {} } })).status,
        400,
        url,
      );
    const metadata = 'http://169.254.169.254/latest';
    const refused = await client().patch(id, {
      op: 'add',
      path: '/locations/-',
      value: { url: metadata, metadata: {} },
    });
    const missing = await client().patch(id, {
      op: 'add',
      path: '/locations/-',
      value: { url: `${source.url}/missing`, metadata: {} },
    });
    // Why there is no data is nobody's business.
    assert.equal(refused.status, 400);
    assert.equal(refused.text, missing.text);
    const tooMany = [1, 2, 3, 4].flatMap((n) => [add(n), remove('-')]);
    assert.equal((await client().patch(id, ...tooMany)).status, 403);
    assert.equal((await client().show(id)).status, 'queued');
  });

  it('keep their metadata as it is', async () => {
    const { id } = await client().create();
    const metadata = '"metadata":{"deep":{"list":[1,null]},"__proto__":{"x":"y"}}';
    const body = JSON.stringify([add(3)]).replace('"metadata":{}', metadata);
    const answer = await client().send(
      'PATCH',
      `/v2/images/${id}`,
      body,
      'application/openstack-images-v2.1-json-patch',
    );
    assert.equal(answer.status, 200, answer.text);
    assert.ok(
      answer.text.includes('"metadata":{"deep":{"list":[1,null]},"__proto__":{"x":"y"}}'),
      answer.text,
    );
  });
});

describe('data at a location', () => {
  const elsewhere = new SourceHost().hooks();
  const host = new Host(undefined, 'memory', SHOWN).hooks();
  let client: V2Client;
  before(() => (client = new V2Client(host, ANN)));
  const at = (url: string, validation_data?: object): object => ({
    op: 'add',
    path: '/locations/0',
    value: { url, metadata: {}, ...(validation_data === undefined ? {} : { validation_data }) },
  });
  const sha512 = (text: string): string => createHash('sha512').update(text).digest('hex');
  const knowing = (text: string): object => ({ os_hash_algo: 'sha512', os_hash_value: sha512(text) });

  it('is what it was said to be, or never whole', async () => {
    const url = elsewhere.put('/data', Buffer.from('right'));
    const { id } = await client.create();
    assert.equal((await client.patch(id, at(url, knowing('right')))).status, 200);
    assert.equal((await client.ask(`/v2/images/${id}/file`)).text, 'right');
    elsewhere.put('/data', Buffer.from('wrong'));
    await assert.rejects(client.ask(`/v2/images/${id}/file`));
    const told = host.logged.filter(({ message }) => message.endsWith('has changed elsewhere'));
    assert.deepEqual(
      told.map(({ level, fields }) => [level, 'image' in fields && fields.image]),
      [['error', id]],
    );
  });

  it('does not take the place of data that it differs from', async () => {
    const { id } = await client.upload('right');
    assert.equal((await client.patch(id, at(elsewhere.put('/other', Buffer.from('wrong'))))).status, 200);
    assert.equal((await client.ask(`/v2/images/${id}/file`)).text, 'right');
    const large = Buffer.alloc(1_000_000, 'a');
    const image = await client.upload(large);
    const other = elsewhere.put('/large', Buffer.alloc(large.length, 'b'));
    assert.equal((await client.patch(image.id, at(other))).status, 200);
    // What has begun cannot be mended.
    await assert.rejects(client.ask(`/v2/images/${image.id}/file`));
    elsewhere.put('/large', large);
    assert.equal((await client.ask(`/v2/images/${image.id}/file`)).text.length, large.length);
  });
});

describe('locations by default', () => {
  const host = new Host(undefined, 'memory', { sources: { networks: ['127.0.0.0/8'] } }).hooks();

  it('are neither shown nor changed', async () => {
    const client = new V2Client(host, ANN);
    const { id, ...image } = await client.upload('four');
    assert.ok(!('locations' in image) && !('direct_url' in image));
    assert.equal((await client.patch(id, add(4))).status, 403);
    assert.equal((await client.patch(id, remove('0'))).status, 403);
  });
});
