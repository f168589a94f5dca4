import assert from 'node:assert/strict';
import { AccessHost } from '../support/access/host.js';
import type { Question } from '../support/clients/ask.js';
import { FORMATS, OCTETS, type ImagesClient } from '../support/clients/images-client.js';
import { SourceHost } from '../support/servers/source-host.js';

const POLICY = {
  modify_image: 'not role:reviewer',
  modify_member: 'not role:reviewer',
  add_member: 'not role:reviewer',
  delete_member: 'not role:reviewer',
  copy_from: 'not role:offline',
  upload_image: 'not role:tagger',
};

type Headers = Readonly<Record<string, string>>;

/** What is wrong with a request at one step, and how it is answered. */
interface Step {
  readonly what: string;
  readonly headers?: Headers;
  readonly body?: string;
  /** Roles of the caller; default member. */
  readonly roles?: string;
  readonly status: number;
  readonly words: RegExp;
}

describe('the order in which a PUT of an image is judged', () => {
  const source = new SourceHost().hooks();
  let host: AccessHost;

  before(async () => {
    const sources = { networks: ['127.0.0.0/8'] };
    host = new AccessHost(undefined, { policy: POLICY, sources });
    await host.start();
  });
  after(() => host.stop());

  const as = (roles = 'member'): ImagesClient => host.client(`ann:blue:${roles}`);

  async function assertOrder(steps: readonly Step[], id: () => Promise<string>): Promise<void> {
    for (const [n, { what, status, words }] of steps.entries()) {
      // Wrong at this step and at every later one; what stands earlier wins.
      const wrong = steps.slice(n);
      const headers: Headers = Object.fromEntries(
        wrong.toReversed().flatMap((step) => Object.entries(step.headers ?? {})),
      );
      const body = wrong.find((step) => step.body !== undefined)?.body;
      const roles = wrong.find((step) => step.roles !== undefined)?.roles;
      const question: Question = { method: 'PUT', headers, ...(body === undefined ? {} : { body }) };
      const answer = await as(roles).ask(`/v1/images/${await id()}`, question);
      assert.equal(answer.status, status, `${what}: ${answer.text}`);
      assert.match(answer.text, words, what);
    }
  }

  const VALUES: readonly Step[] = [
    { what: 'values', headers: { 'x-image-meta-size': 'x' }, status: 400, words: /size/ },
    { what: 'names', headers: { 'x-image-meta-colour': 'red' }, status: 400, words: /colour/ },
    { what: 'lengths', headers: { 'x-image-meta-name': 'x'.repeat(256) }, status: 400, words: /name/ },
    {
      what: 'formats',
      headers: { 'x-image-meta-disk_format': 'ami', 'x-image-meta-container_format': 'bare' },
      status: 400,
      words: /ami/,
    },
  ];
  const RIGHTS: readonly Step[] = [
    { what: 'modify_image', roles: 'reviewer', status: 403, words: /modify_image/ },
    {
      what: 'publicize_image',
      headers: { 'x-image-meta-is_public': 'true' },
      status: 403,
      words: /publicize_image/,
    },
  ];
  const RANGE: readonly Step[] = [
    {
      what: 'min_ram',
      headers: { 'x-image-meta-min_ram': '-1' },
      status: 400,
      words: /min_ram is out of range/,
    },
    {
      what: 'min_disk',
      headers: { 'x-image-meta-min_disk': String(2 ** 31) },
      status: 400,
      words: /min_disk/,
    },
  ];
  const FIELDS: readonly Step[] = [
    { what: 'status', headers: { 'x-image-meta-status': 'killed' }, status: 403, words: /status/ },
    { what: 'size', headers: { 'x-image-meta-size': '77' }, status: 403, words: /size/ },
  ];
  const DATA: Step = { what: 'data', headers: OCTETS, body: 'data', status: 409, words: /queued/ };

  for (const [n, step] of VALUES.entries())
    it(`values come first: ${step.what}`, async () => {
      await assertOrder([step, ...RIGHTS, ...RANGE], () => Promise.resolve(`${n}`));
      await assertOrder([step, ...RIGHTS, ...RANGE], () => Promise.resolve(crypto.randomUUID()));
    });

  for (const [what, roles, headers, body] of [
    ['modify_image', 'reviewer', {}, undefined],
    ['publicize_image', 'member', { 'x-image-meta-is_public': 'true' }, undefined],
    ['copy_from', 'offline', { 'x-glance-api-copy-from': 'http://127.0.0.1:1/x' }, undefined],
    ['upload_image', 'tagger', OCTETS, 'data'],
    ['upload_image', 'tagger', { 'x-glance-api-copy-from': 'http://127.0.0.1:1/x' }, undefined],
  ] as const)
    it(`then rights, whether the image is there or not: ${what}`, async () => {
      const wrong = {
        ...headers,
        'x-image-meta-min_ram': '-1',
        'x-image-meta-id': 'x',
        'x-image-meta-status': 'killed',
      };
      const ids = await Promise.all((['shared', 'deleted', 'queued'] as const).map((kind) => host.add(kind)));
      for (const id of [...ids.map((image) => image.id), crypto.randomUUID()]) {
        const question = { method: 'PUT', headers: wrong, ...(body === undefined ? {} : { body }) };
        const answer = await as(roles).ask(`/v1/images/${id}`, question);
        assert.deepEqual([answer.status, answer.text.includes(what)], [403, true], answer.text);
      }
    });

  it('then ranges', async () => {
    await assertOrder([...RANGE], () => Promise.resolve(crypto.randomUUID()));
  });

  it('then the image', async () => {
    const wrong = { ...OCTETS, 'x-image-meta-status': 'killed', 'x-image-meta-id': 'x' };
    const put = async (client: ImagesClient, id: string): Promise<number> =>
      (await client.ask(`/v1/images/${id}`, { method: 'PUT', headers: wrong, body: 'data' })).status;
    const deleted = await host.add('deleted');
    const shown = await host.add('public', { owner: 'red' });
    const hidden = await host.add('private', { owner: 'red' });
    assert.equal(await put(as(), crypto.randomUUID()), 404);
    assert.equal(await put(as(), 'no%20uuid'), 404);
    assert.equal(await put(as(), hidden.id), 404);
    assert.equal(await put(as(), deleted.id), 404);
    assert.equal(await put(host.as('admin'), deleted.id), 403);
    assert.equal(await put(as(), shown.id), 403);
  });

  it('then fields that may not change, then data that nobody waits for', async () => {
    const { id } = await host.add('shared');
    await assertOrder([...FIELDS, DATA], () => Promise.resolve(id));
    for (const other of ['x', crypto.randomUUID()]) {
      const headers = { ...OCTETS, 'x-image-meta-id': other };
      const answer = await as().ask(`/v1/images/${id}`, { method: 'PUT', headers, body: 'data' });
      assert.deepEqual([answer.status, answer.text.includes('The id')], [403, true]);
    }
  });

  it('then the source', async () => {
    const { id } = await as().reserve();
    const put = async (headers: Headers, body?: string): Promise<number> => {
      const question = { method: 'PUT', headers, ...(body === undefined ? {} : { body }) };
      return (await as().ask(`/v1/images/${id}`, question)).status;
    };
    assert.equal(
      await put({ 'x-image-meta-location': source.url('/gone'), 'x-image-meta-status': 'killed' }),
      403,
    );
    assert.equal(await put(OCTETS, 'data'), 400, 'formats are missing');
    assert.equal(await put({ ...FORMATS, 'x-image-meta-location': 'file:///etc/passwd' }), 400);
    assert.equal(await put({ ...FORMATS, 'x-glance-api-copy-from': source.url('/gone') }), 404);
    assert.equal(await as().status(id), 'queued');
    assert.equal(await put({ ...OCTETS, ...FORMATS }, 'data'), 200);
  });

  it('connects to nobody for a request that is refused before', async () => {
    source.forget();
    const { id } = await host.add('queued');
    const from = { ...FORMATS, 'x-glance-api-copy-from': source.put('/data', Buffer.from('data')) };
    for (const wrong of [
      { 'x-image-meta-min_ram': '-1' },
      { 'x-image-meta-status': 'killed' },
      { 'x-image-meta-is_public': 'true' },
      { 'x-image-meta-location': source.url('/data') },
    ]) {
      const question = { method: 'PUT', headers: { ...from, ...wrong } };
      assert.ok((await as().ask(`/v1/images/${id}`, question)).status >= 400);
      assert.ok((await as().ask(`/v1/images/${crypto.randomUUID()}`, question)).status >= 400);
    }
    assert.equal((await as('offline').ask(`/v1/images/${id}`, { method: 'PUT', headers: from })).status, 403);
    assert.equal((await as('tagger').ask(`/v1/images/${id}`, { method: 'PUT', headers: from })).status, 403);
    assert.equal(source.connections, 0);
  });
});

describe('the order in which changes of members are judged', () => {
  let host: AccessHost;

  before(async () => {
    host = new AccessHost(undefined, { policy: POLICY, imageMemberQuota: 2 });
    await host.start();
  });
  after(() => host.stop());

  const MANY = '{"memberships":[{"member_id":"a"},{"member_id":"b"},{"member_id":5}]}';
  const json = (body: string): Question => ({
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body,
  });

  it('of all at once', async () => {
    const { id } = await host.add('public');
    const put = async (token: string, body: string, image = id): Promise<number> =>
      (await host.client(token).ask(`/v1/images/${image}/members`, json(body))).status;
    const nowhere = crypto.randomUUID();
    assert.equal(await put('lou::reviewer', MANY, nowhere), 401);
    assert.equal(await put('ann:blue:reviewer', MANY, nowhere), 403);
    assert.equal(await put('eve:black:reviewer', MANY), 403);
    assert.equal(await put('ann:blue:member', MANY, nowhere), 404);
    assert.equal(await put('eve:black:member', MANY), 413);
    assert.equal(await put('eve:black:member', '{"memberships":[{"member_id":5}]}'), 404);
    for (const body of ['{"memberships":[{"member_id":5}]}', '{"memberships":{}}', '[]', 'no JSON', ''])
      assert.equal(await put('ann:blue:member', body), 400, body);
    assert.equal(await put('ann:blue:member', '{"memberships":[]}'), 204);
  });

  it('of one', async () => {
    const { id } = await host.add('public');
    const put = async (token: string, member: string, body: string, image = id): Promise<number> =>
      (await host.client(token).ask(`/v1/images/${image}/members/${member}`, json(body))).status;
    const nowhere = crypto.randomUUID();
    assert.equal(await put('lou::reviewer', 'a', 'no JSON', nowhere), 401);
    assert.equal(await put('ann:blue:reviewer', 'a', 'no JSON', nowhere), 403);
    assert.equal(await put('ann:blue:member', 'a', 'no JSON', nowhere), 404);
    // Two members are there already.
    assert.equal(await put('eve:black:member', 'a', 'no JSON'), 413);
    assert.equal(await put('eve:black:member', 'green', 'no JSON'), 404);
    for (const body of ['no JSON', '[]', '{"member":[]}', '{"member":{"can_share":1}}'])
      assert.equal(await put('ann:blue:member', 'green', body), 400, body);
    assert.equal(await put('ann:blue:member', 'green', '{"member":{"can_share":true}}'), 204);
  });
});
