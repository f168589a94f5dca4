import assert from 'node:assert/strict';
import type http from 'node:http';
import { ADMIN, Host } from '../support/mounts/host.js';
import { FORMATS, OCTETS } from '../support/clients/images-client.js';
import { begun, SourceHost } from '../support/servers/source-host.js';
import { copied, LOOPBACK, post, put, type SourceHeader } from '../support/servers/source-images.js';
import { until } from '../support/until.js';

const DATA = Buffer.alloc(200_000, 'data');

describe('two who bring data to one image', () => {
  const source = new SourceHost().hooks();
  const host = new Host(undefined, 'memory', { ...LOOPBACK, copyConcurrency: 1 }).hooks();

  beforeEach(() => source.forget());

  afterEach(async () => {
    const { ok } = await host.served.registry.verify();
    assert.ok(ok);
  });

  it('data is refused while a copy waits or goes on', async () => {
    const held = source.hold('/data', DATA);
    const going = await post(host.client(), { copy: held.url });
    await begun(held);
    const waiting = await post(host.client(), { copy: held.url });
    for (const [id, status] of [
      [going.id, 'saving'],
      [waiting.id, 'queued'],
    ] as const) {
      const renamed = { 'x-image-meta-name': 'renamed' };
      const question = { method: 'PUT', headers: { ...OCTETS, ...FORMATS, ...renamed }, body: 'other' };
      assert.equal((await host.client().ask(`/v1/images/${id}`, question)).status, 409);
      assert.ok([400, 409].includes((await put(host.client(), id, { copy: held.url })).status));
      assert.ok([400, 409].includes((await put(host.client(), id, { location: held.url })).status));
      assert.equal(await host.client().status(id), status);
      const { headers } = await host.client().ask(`/v1/images/${id}`, { method: 'HEAD' });
      assert.notEqual(headers['x-image-meta-name'], 'renamed');
    }
    held.release();
    await begun(held);
    held.release();
    for (const { id } of [going, waiting]) {
      assert.equal(await copied(host, id), 'active');
      assert.ok((await host.client().ask(`/v1/images/${id}`)).body.equals(DATA));
    }
  });

  for (const [one, other] of [
    ['copy', 'copy'],
    ['copy', 'location'],
    ['location', 'copy'],
  ] as readonly (readonly [SourceHeader, SourceHeader])[])
    it(`of ${one} and ${other} at once one wins`, async () => {
      const before = (await host.stored()).length;
      const { id } = await host.client().reserve(FORMATS);
      // Both have been found in order before either goes on.
      const heads: http.ServerResponse[] = [];
      const url = source.on('/data', (request, response) => {
        if (request.method === 'HEAD') heads.push(response);
        else response.end(DATA);
      });
      const answers = [put(host.client(), id, { [one]: url }), put(host.client(), id, { [other]: url })];
      await until('both ask', () => heads.length === 2);
      for (const head of heads) head.writeHead(200, { 'content-length': DATA.length }).end();
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      assert.equal(statuses.filter((status) => status === 200).length, 1, String(statuses));
      assert.ok(statuses.some((status) => status === 409 || status === 400));
      assert.equal(await copied(host, id), 'active');
      assert.ok((await host.client().ask(`/v1/images/${id}`)).body.equals(DATA));
      const stored = (await host.stored()).length - before;
      assert.ok(one === 'copy' && other === 'copy' ? stored === 1 : stored <= 1);
    });

  it('a copy and an upload at once: one wins', async () => {
    const { id } = await host.client().reserve(FORMATS);
    const heads: http.ServerResponse[] = [];
    const url = source.on('/data', (request, response) => {
      if (request.method === 'HEAD') heads.push(response);
      else response.end(DATA);
    });
    const copy = put(host.client(), id, { copy: url });
    await until('it is asked', () => heads.length === 1);
    const upload = { method: 'PUT', headers: OCTETS, body: 'other' };
    assert.equal((await host.client().ask(`/v1/images/${id}`, upload)).status, 200);
    for (const head of heads) head.writeHead(200, { 'content-length': DATA.length }).end();
    assert.ok([400, 409].includes((await copy).status));
    assert.equal((await host.client().ask(`/v1/images/${id}`)).text, 'other');
  });
});

describe('an image that is deleted while its data is copied', () => {
  const source = new SourceHost().hooks();
  const host = new Host(undefined, 'disk', { ...LOOPBACK, copyConcurrency: 1 }).hooks();

  it('takes the copy that goes on and the one that waits with it', async () => {
    const held = source.hold('/data', DATA);
    const going = await post(host.client(), { copy: held.url });
    await begun(held);
    const waiting = await post(host.client(), { copy: held.url });
    for (const { id } of [waiting, going])
      assert.equal((await host.client().ask(`/v1/images/${id}`, { method: 'DELETE' })).status, 200);
    await until('the source is let go', () => held.waiting() === 0);
    await until('nothing is left', async () => (await host.stored()).length === 0);
    for (const { id } of [going, waiting]) assert.equal(await host.client(ADMIN).status(id), 'deleted');
    // The one that waited has not asked for anything any more.
    const next = await post(host.client(), { copy: source.put('/next', DATA) });
    assert.equal(await copied(host, next.id), 'active');
    assert.equal(source.asked.filter((asked) => asked === 'GET /data').length, 1);
    assert.ok((await host.served.registry.verify()).ok);
  });
});
