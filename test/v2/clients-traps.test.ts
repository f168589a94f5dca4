import assert from 'node:assert/strict';
import { Ajv } from 'ajv';
import { devTokens, memoryStore, RegistryError, type Authenticate, type BlobStore } from '../../lib/index.js';
import { ask, type Answer, type Question } from '../support/clients/ask.js';
import { ANN, BOB, Host } from '../support/mounts/host.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import { MOUNTS } from '../support/mounts/serve.js';

type Json = Readonly<Record<string, unknown>>;

const JSON_TYPE = { 'content-type': 'application/json' };
const OCTETS = { 'content-type': 'application/octet-stream' };
const V21 = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
/** Every Accept that clients send, and none. */
const ACCEPTS = [undefined, '', '*/*', 'application/json', 'text/html, */*;q=0.1'];
const LINK = /^\/v2\/images/;

/** What trips clients of v2 that are in use, or makes them do harm: what they need is told with each. */
for (const mount of MOUNTS)
  describe(`v2, what clients stumble over, ${mount.name}`, () => {
    const host = new Host(mount).hooks();

    const send = (path: string, question: Question = {}, token = ANN): Promise<Answer> =>
      ask(host.url + path, { ...question, headers: { 'x-auth-token': token, ...question.headers } });
    const json = ({ text }: Answer): Json => JSON.parse(text) as Json;
    const create = async (fields: Json = {}): Promise<Json> => {
      const formats = { disk_format: 'raw', container_format: 'bare' };
      const body = JSON.stringify({ ...formats, ...fields });
      const created = await send('/v2/images', { method: 'POST', headers: JSON_TYPE, body });
      assert.equal(created.status, 201, created.text);
      return json(created);
    };
    const upload = (
      id: unknown,
      body = 'data',
      headers: Readonly<Record<string, string>> = {},
    ): Promise<Answer> =>
      send(`/v2/images/${String(id)}/file`, { method: 'PUT', headers: { ...OCTETS, ...headers }, body });

    it('links to paths under /v2, wherever it is mounted: clients append them to the address that they have', async () => {
      const tag = `linked-${mount.prefix}`;
      for (let n = 0; n < 3; n += 1) await create({ tags: [tag] });
      const query = `/v2/images?limit=2&tag=${encodeURIComponent(tag)}`;
      const first = json(await send(query));
      assert.match(String(first.first), LINK);
      assert.match(String(first.next), LINK);
      for (const { self, file, schema } of first.images as Json[]) {
        assert.match(String(self), LINK);
        assert.match(String(file), LINK);
        assert.equal(schema, '/v2/schemas/image');
      }
      const second = json(await send(String(first.next)));
      assert.equal((second.images as Json[]).length, 1);
      assert.equal(Object.hasOwn(second, 'next'), false, 'a null would be an error to glanceclient');
    });

    it('says why in JSON, one object in an object, whatever Accept says: glanceclient fails on all else, others lose the reason', async () => {
      const image = `/v2/images/${String((await create()).id)}`;
      const refused: readonly (readonly [number, string, Question, string?])[] = [
        [400, '/v2/images?limit=x', {}],
        [400, '/v2/images', { method: 'POST', headers: JSON_TYPE, body: '{"disk_format":"x"}' }],
        [401, '/v2/images', {}, ''],
        [403, image, { method: 'PATCH', headers: V21, body: '[{"op":"replace","path":"/id","value":"x"}]' }],
        [404, image, { method: 'DELETE' }, BOB],
        [404, '/v2/images/a/import', {}],
        [404, '/v2/nothing', {}],
        [405, image, { method: 'PUT' }],
        [415, image, { method: 'PATCH', headers: JSON_TYPE, body: '[]' }],
        [415, `${image}/file`, { method: 'PUT', headers: JSON_TYPE, body: '{}' }],
      ];
      for (const [status, path, question, token] of refused)
        for (const accept of ACCEPTS) {
          const headers = { ...question.headers, ...(accept === undefined ? {} : { accept }) };
          const answer = await send(path, { ...question, headers }, token);
          const what = `${question.method ?? 'GET'} ${path} ${accept}: ${answer.text}`;
          assert.equal(answer.status, status, what);
          assert.match(String(answer.headers['content-type']), /^application\/json\b/, what);
          assert.deepEqual(Object.keys(json(answer)), ['error'], what);
          const { code, message, ...more } = json(answer).error as Json;
          assert.equal(code, status, what);
          assert.equal(typeof message, 'string', what);
          assert.deepEqual(Object.keys(more), ['title'], what);
        }
    });

    it('sends no Content-Type with 204: glanceclient would parse the body that is not there', async () => {
      const image = `/v2/images/${String((await create()).id)}`;
      const green = JSON.stringify({ member: 'green' });
      await send(`${image}/members`, { method: 'POST', headers: JSON_TYPE, body: green });
      // As glanceclient sends them: with a Content-Type, and without a body.
      const empty = { ...OCTETS, 'content-length': '0' };
      const calls: readonly (readonly [string, Question])[] = [
        [`${image}/file`, { headers: OCTETS }],
        [`${image}/file`, { method: 'PUT', headers: OCTETS, body: 'data', chunked: true }],
        [`${image}/tags/a`, { method: 'PUT', headers: empty }],
        [`${image}/tags/a`, { method: 'DELETE', headers: OCTETS }],
        [`${image}/members/green`, { method: 'DELETE', headers: OCTETS }],
        [`${image}/actions/deactivate`, { method: 'POST', headers: empty }],
        [`${image}/actions/reactivate`, { method: 'POST', headers: empty }],
        [image, { method: 'DELETE', headers: OCTETS }],
      ];
      for (const [path, question] of calls) {
        const answer = await send(path, question);
        const what = `${question.method ?? 'GET'} ${path}: ${answer.text}`;
        assert.deepEqual([answer.status, answer.text], [204, ''], what);
        assert.equal(answer.headers['content-type'], undefined, what);
      }
    });

    it('shows images as the schema has them: clients check them before they change anything', async () => {
      const schema = json(await send('/v2/schemas/image'));
      const valid = new Ajv({ strict: false }).compile(schema);
      const { id } = await create({
        name: 'größer',
        tags: ['a'],
        kernel_id: null,
        'owner_specified.openstack.md5': '',
      });
      const known = new Set(Object.keys(schema.properties as object));
      const views = [json(await send(`/v2/images/${String(id)}`))];
      assert.equal((await upload(id)).status, 204);
      views.push(json(await send(`/v2/images/${String(id)}`)));
      views.push(...(json(await send('/v2/images')).images as Json[]));
      for (const view of views) {
        assert.ok(valid(view), JSON.stringify(valid.errors));
        const strange = Object.keys(view).filter((key) => !known.has(key));
        assert.deepEqual(
          strange.filter((key) => key !== 'owner_specified.openstack.md5'),
          [],
        );
      }
      assert.deepEqual(
        views.slice(0, 2).map(({ status }) => status),
        ['queued', 'active'],
      );
      // A field that it does not know is a property, and is sent back.
      assert.equal(typeof views[0]?.['owner_specified.openstack.md5'], 'string');
    });

    it('tells of its versions, to everyone', async () => {
      for (const [path, status] of [
        ['/versions', 200],
        ['/', 300],
        ['/v2', 200],
        ['/v2/', 200],
      ] as const) {
        const answer = await ask(host.url + path, { headers: OCTETS });
        assert.equal(answer.status, status, path);
        const versions = json(answer).versions as Json[];
        assert.ok(
          versions.some((version) => /^v2\.\d+$/.test(String(version.id))),
          path,
        );
        for (const version of versions) {
          // gophercloud refuses the document with any other word in it.
          assert.match(String(version.status), /^(CURRENT|SUPPORTED|DEPRECATED)$/);
          assert.match(String(version.id), /^v\d+\.\d+$/);
          assert.equal(Object.hasOwn(version, 'min_version') || Object.hasOwn(version, 'version'), false);
          const [link, ...others] = version.links as Json[];
          assert.deepEqual(others, []);
          assert.ok(String(link?.href).startsWith(`${host.url}/v`), String(link?.href));
        }
        // v2.14 makes clients ask for a cache, v2.17 makes Nova and Cinder send locations.
        const ids = versions.map((version) => version.id);
        for (const id of ['v2.14', 'v2.17']) assert.equal(ids.includes(id), false);
      }
    });

    it('takes the slash at the end of an address', async () => {
      assert.equal((await send('//v2/images')).status, 200);
    });

    it('takes a PATCH as fog sends it, and data as a client does that asks for stores', async () => {
      const { id } = await create({ os_distro: 'x' });
      const body = JSON.stringify([{ op: 'remove', path: '/os_distro', value: 'x' }]);
      const patched = await send(`/v2/images/${String(id)}`, { method: 'PATCH', headers: V21, body });
      assert.equal(patched.status, 200, patched.text);
      assert.equal((await upload(id)).status, 204);
      const data = await send(`/v2/images/${String(id)}/file?prefer=a,b`, {
        headers: { 'accept-encoding': 'gzip' },
      });
      assert.deepEqual([data.status, data.text], [200, 'data']);
      assert.equal(data.headers['content-type'], 'application/octet-stream');
      assert.equal(data.headers['content-encoding'], undefined);
    });

    it('refuses a body that is not of the size that was announced: a client has sent its file twice', async () => {
      const { id } = await create();
      const used = await upload(id, '', { 'x-openstack-image-size': '4' });
      assert.equal(used.status, 400, used.text);
      assert.equal(json(await send(`/v2/images/${String(id)}`)).status, 'queued');
      assert.equal((await upload(id, 'data', { 'x-openstack-image-size': '4' })).status, 204);
    });
  });

describe('v2, data that clients send while something is down', () => {
  /** What is down. */
  let down: 'blobs' | 'identity' | 'metadata' | null = null;
  const refuse = (what: typeof down): void => {
    if (down === what) throw new RegistryError('unavailable', `${what} is down`);
  };
  const good = memoryStore();
  const blobs: BlobStore = {
    write: async (key, data, options) => {
      if (down === 'blobs') data.destroy();
      refuse('blobs');
      return good.write(key, data, options);
    },
    read: (location, options) => good.read(location, options),
    stat: (location) => good.stat(location),
    remove: (location) => good.remove(location),
    discard: (key) => good.discard(key),
  };
  const space = new PlainKeySpace();
  space.before = () => refuse('metadata');
  const tokens = devTokens();
  const authenticate: Authenticate = (request) => {
    refuse('identity');
    return tokens(request);
  };
  const host = new Host(undefined, 'memory', { blobs, metadata: space, authenticate }).hooks();

  // openstacksdk sends the file that it has read to its end once more after a 503: an active image without data.
  for (const what of ['blobs', 'identity', 'metadata'] as const)
    it(`are never answered 503: ${what}`, async () => {
      const headers = { 'x-auth-token': ANN };
      const body = JSON.stringify({ disk_format: 'raw', container_format: 'bare' });
      const created = await ask(`${host.url}/v2/images`, {
        method: 'POST',
        headers: { ...headers, ...JSON_TYPE },
        body,
      });
      const image = `${host.url}/v2/images/${(JSON.parse(created.text) as { id: string }).id}`;
      const put = (): Promise<Answer> =>
        ask(`${image}/file`, { method: 'PUT', headers: { ...headers, ...OCTETS }, body: 'data' });
      down = what;
      try {
        assert.equal((await put()).status, 500);
        if (what !== 'blobs') assert.equal((await ask(image, { headers })).status, 503);
      } finally {
        down = null;
      }
      assert.equal((await put()).status, 204);
      assert.equal((await ask(`${image}/file`, { headers })).text, 'data');
    });
});

describe('v2, lists in headers', () => {
  const stores = { slow: memoryStore(), fast: memoryStore() };
  const host = new Host(undefined, 'memory', { blobs: { stores, defaultStore: 'fast' } }).hooks();

  it('have no blanks: clients do not trim them', async () => {
    const created = await ask(`${host.url}/v2/images`, {
      method: 'POST',
      headers: { 'x-auth-token': ANN, ...JSON_TYPE },
      body: '{}',
    });
    const ids = String(created.headers['openstack-image-store-ids']).split(',');
    assert.deepEqual(ids.sort(), ['fast', 'slow']);
  });
});
