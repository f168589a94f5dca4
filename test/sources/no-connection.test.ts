import assert from 'node:assert/strict';
import type { ImageRegistryOptions } from '../../lib/index.js';
import { ADMIN, BOB, Host } from '../support/mounts/host.js';
import { FORMATS } from '../support/clients/images-client.js';
import { SourceHost } from '../support/servers/source-host.js';
import { LOOPBACK, post, put, SOURCE_HEADERS, type SourceHeader } from '../support/servers/source-images.js';

const HEADERS = Object.keys(SOURCE_HEADERS) as SourceHeader[];
const DATA = Buffer.from('data');

for (const header of HEADERS)
  describe(`no source is connected to (${header})`, () => {
    const source = new SourceHost().hooks();
    const host = new Host(undefined, 'memory', LOOPBACK).hooks();
    let from: Partial<Record<SourceHeader, string>>;

    before(() => {
      from = { [header]: source.put('/data', DATA) };
    });

    afterEach(() => assert.deepEqual([source.connections, source.asked], [0, []]));

    it('for an image that the caller cannot see, or that is not there', async () => {
      const { id } = await host.client().reserve(FORMATS);
      const hidden = await put(host.client(BOB), id, from);
      const missing = await put(host.client(BOB), crypto.randomUUID(), from);
      assert.deepEqual([hidden.status, missing.status, hidden.text], [404, 404, missing.text]);
      assert.equal(await host.client().status(id), 'queued');
    });

    it("for another's image", async () => {
      const { id } = await host.client(ADMIN).reserve({ ...FORMATS, 'x-image-meta-is_public': 'true' });
      assert.equal((await put(host.client(), id, from)).status, 403);
      const shared = await host.client().reserve(FORMATS);
      const member = `/v1/images/${shared.id}/members/green`;
      assert.equal((await host.client().ask(member, { method: 'PUT' })).status, 204);
      assert.equal((await put(host.client(BOB), shared.id, from)).status, 403);
    });

    it('for callers who may only read, or of whom nothing is known', async () => {
      const { id } = await host.client().reserve(FORMATS);
      for (const client of [host.client(null), host.client('eve::member')]) {
        assert.ok([401, 403].includes((await post(client, from)).answer.status));
        assert.ok([401, 403, 404].includes((await put(client, id, from)).status));
      }
    });

    it('for an image that has data, or is deleted', async () => {
      const { id } = await host.client().upload('data');
      assert.equal((await put(host.client(), id, from)).status, 400);
      await host.client().ask(`/v1/images/${id}`, { method: 'DELETE' });
      assert.equal((await put(host.client(), id, from)).status, 404);
      assert.equal((await put(host.client(ADMIN), id, from)).status, 403);
    });

    it('with a request that is refused for what it says itself', async () => {
      for (const bad of [
        { 'x-image-meta-nonsense': 'x' },
        { 'x-image-meta-store': 'nowhere' },
        { 'x-image-meta-size': 'many' },
      ])
        assert.equal((await post(host.client(), from, { ...FORMATS, ...bad })).answer.status, 400);
    });
  });

const DENIED: readonly (readonly [string, ImageRegistryOptions['policy'], readonly SourceHeader[]])[] = [
  ['set_image_location', { set_image_location: '!' }, ['location']],
  ['copy_from', { copy_from: '!' }, ['copy']],
  ['copy_from by role', { copy_from: 'role:copier' }, ['copy']],
  ['add_image and modify_image', { add_image: '!', modify_image: '!' }, ['location', 'copy']],
];
for (const [what, policy, headers] of DENIED)
  describe(`the policy does not allow ${what}`, () => {
    const source = new SourceHost().hooks();
    const host = new Host(undefined, 'memory', { ...LOOPBACK, policy: policy ?? {} }).hooks();

    for (const header of headers)
      it(`${header} is 403, and its source is not connected to`, async () => {
        const from = { [header]: source.put('/data', DATA) };
        const { id, answer } = await post(host.client(), from);
        assert.equal(answer.status, 403);
        assert.equal(await host.client(ADMIN).status(id), '404');
        if (!what.startsWith('add_image')) {
          const queued = await host.client().reserve(FORMATS);
          assert.equal((await put(host.client(), queued.id, from)).status, 403);
          assert.equal(await host.client().status(queued.id), 'queued');
        }
        assert.equal(source.connections, 0);
      });
  });

describe('a policy that lets some callers name sources', () => {
  const source = new SourceHost().hooks();
  const host = new Host(undefined, 'memory', { ...LOOPBACK, policy: { copy_from: 'role:copier' } }).hooks();

  it('lets these', async () => {
    const copier = host.client('cas:blue:copier');
    assert.equal((await post(copier, { copy: source.put('/data', DATA) })).answer.status, 201);
  });
});
