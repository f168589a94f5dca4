import assert from 'node:assert/strict';
import { ANN, BOB, Host, onEveryMount } from '../support/mounts/host.js';
import { OCTETS } from '../support/clients/images-client.js';
import { PATCH_TYPE, V2Client } from '../support/clients/v2-client.js';

const NONE = '00000000-0000-4000-8000-000000000000';

onEveryMount('v2 answers', {}, (host) => {
  const ann = (): V2Client => new V2Client(host, ANN);

  it('tell errors in one JSON object in an object, unless the client excludes JSON', async () => {
    for (const [accept, isJson] of [
      [undefined, true],
      ['', true],
      ['*/*', true],
      ['application/json', true],
      ['text/html, application/*;q=0.1', true],
      ['text/plain', false],
      ['application/octet-stream', false],
      ['application/json;q=0, text/plain', false],
    ] as const) {
      const headers = accept === undefined ? {} : { accept };
      const answer = await ann().ask(`/v2/images/${NONE}`, { headers });
      assert.equal(answer.status, 404);
      assert.match(String(answer.headers['content-type']), isJson ? /^application\/json$/ : /^text\/plain/);
      if (!isJson) continue;
      const document = JSON.parse(answer.text) as Record<string, Record<string, unknown>>;
      assert.deepEqual(Object.keys(document), ['error']);
      assert.deepEqual(document.error, { code: 404, title: 'Not Found', message: 'There is no such image.' });
    }
  });

  it('say who may come in, whatever the path', async () => {
    for (const path of ['/v2/images', '/v2/nonsense', `/v2/images/${NONE}/file`, '/v2/schemas/image']) {
      const answer = await new V2Client(host, null).ask(path);
      assert.equal(answer.status, 401, path);
      assert.match(String(answer.headers['www-authenticate']), /^Token /);
    }
  });

  it('have no body and no type when there is nothing to say', async () => {
    const { id } = await ann().upload('data');
    for (const [method, path] of [
      ['PUT', 'tags/a'],
      ['DELETE', 'tags/a'],
      ['POST', 'actions/deactivate'],
      ['POST', 'actions/reactivate'],
    ] as const) {
      // glanceclient sends a type with everything.
      const answer = await ann().ask(`/v2/images/${id}/${path}`, { method, headers: OCTETS });
      assert.deepEqual(
        [answer.status, answer.text, answer.headers['content-type']],
        [204, '', undefined],
        path,
      );
    }
    const deleted = await ann().ask(`/v2/images/${id}`, { method: 'DELETE', headers: OCTETS });
    assert.deepEqual([deleted.status, deleted.text, deleted.headers['content-type']], [204, '', undefined]);
  });

  it('take no body where none is taken, but one that turns out to be empty', async () => {
    const { id } = await ann().create();
    for (const [method, path] of [
      ['GET', `/v2/images/${id}`],
      ['DELETE', `/v2/images/${id}`],
      ['PUT', `/v2/images/${id}/tags/x`],
      ['GET', '/v2/schemas/image'],
    ] as const) {
      for (const chunked of [true, false])
        assert.equal((await ann().ask(path, { method, body: 'x', chunked })).status, 400, path);
    }
    const empty = { method: 'PUT', body: '', chunked: true };
    assert.equal((await ann().ask(`/v2/images/${id}/tags/x`, empty)).status, 204);
  });

  it('name the methods of a resource, and nothing of a name that has its form', async () => {
    const { id } = await ann().create();
    const answer = await ann().ask(`/v2/images/${id}/actions/deactivate`);
    assert.deepEqual([answer.status, answer.headers.allow], [405, 'POST']);
    assert.equal((await ann().ask('/v2/images/a/tags/x')).status, 404);
    assert.equal((await ann().ask('/v2/images/a/actions/deactivate')).status, 404);
    assert.equal((await ann().ask('/v2/images/a%20b%3A%2F1')).status, 404);
    for (const path of ['/v2/images/', '/v2/images/x/y', '/v2/Images', '/v2/schemas/', '/v2/schemas/x'])
      assert.equal((await ann().ask(path)).status, 404, path);
    assert.equal((await ann().ask('/v2/images/%zz')).status, 400);
    assert.equal((await ann().ask(`/v2/images/${id}/tags/%00`, { method: 'PUT' })).status, 400);
    for (const [length, status] of [
      [255, 204],
      [256, 400],
    ] as const)
      assert.equal(
        (await ann().ask(`/v2/images/${id}/tags/${'t'.repeat(length)}`, { method: 'PUT' })).status,
        status,
      );
  });

  it('have the address of a new image, and the stores that it can go to', async () => {
    const answer = await ann().send('POST', '/v2/images', { name: 'n' });
    const { id } = JSON.parse(answer.text) as { id: string };
    assert.equal(answer.headers.location, `${host.url}/v2/images/${id}`);
    assert.equal(answer.headers['openstack-image-store-ids'], 'file');
  });

  it('echo the id of a request, on changes too', async () => {
    const { id } = await ann().create();
    const headers = { 'x-openstack-request-id': 'req-mine', 'content-type': PATCH_TYPE };
    const answer = await ann().ask(`/v2/images/${id}`, { method: 'PATCH', headers, body: '[]' });
    assert.deepEqual([answer.status, answer.headers['x-openstack-request-id']], [200, 'req-mine']);
  });

  it('lead through all pages by paths that begin with the version', async () => {
    const name = `paged ${crypto.randomUUID()}`;
    const made = [];
    for (let n = 0; n < 4; n += 1) made.unshift((await ann().create({ name })).id);
    const found: string[] = [];
    let next: string | undefined = `/v2/images?name=${encodeURIComponent(name)}&limit=2`;
    let pages = 0;
    for (; next !== undefined; pages += 1) {
      const page: Awaited<ReturnType<V2Client['list']>> = await ann().list(next.slice('/v2/images'.length));
      assert.match(page.first, /^\/v2\/images\?name=paged\+[^&]*&limit=2$/);
      found.push(...page.images.map(({ id }) => id));
      next = page.next;
    }
    assert.deepEqual(found, made);
    // A full last page leads to an empty one.
    assert.equal(pages, 3);
  });
});

describe('v2 discovery', () => {
  const versionsOf = (text: string): string[] =>
    (JSON.parse(text) as { versions: { id: string }[] }).versions.map(({ id }) => id);
  const V2 = [15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map((minor) => `v2.${minor}`);
  const V1 = ['v1.1', 'v1.0'];

  for (const [title, versions, listed] of [
    ['both', ['v1', 'v2'], [...V2, ...V1]],
    ['v2 alone', ['v2'], V2],
    ['v1 alone', ['v1'], V1],
  ] as const)
    describe(title, () => {
      const host = new Host(undefined, 'memory', { versions }).hooks();

      it('lists what is served, and nothing else', async () => {
        for (const [path, status] of [
          ['/', 300],
          ['/versions', 200],
          ['/versions/', 200],
          ['/v3/images', 300],
          ['/v2.99/images', 300],
          ['/images', 300],
        ] as const) {
          const answer = await new V2Client(host, null).ask(path);
          assert.equal(answer.status, status, path);
          assert.deepEqual(versionsOf(answer.text), listed, path);
        }
      });

      it('knows no other versions', async () => {
        for (const [path, version] of [
          ['/v2/images', 'v2'],
          ['/v2.3/images', 'v2'],
          ['//v2/images', 'v2'],
          ['/v1/images', 'v1'],
        ] as const) {
          const served = (versions as readonly string[]).includes(version);
          assert.equal((await new V2Client(host, ANN).ask(path)).status, served ? 200 : 300, path);
        }
        const accept = { accept: 'application/vnd.openstack.images-v2.3' };
        const { status } = await new V2Client(host, ANN).ask('/images', { headers: accept });
        assert.equal(status, (versions as readonly string[]).includes('v2') ? 200 : 300);
      });
    });

  describe('at the path of the version', () => {
    const host = new Host().hooks();

    it('lists v2 without a token', async () => {
      for (const path of ['/v2', '/v2/', '/v2.7', '//v2/']) {
        const answer = await new V2Client(host, null).ask(path);
        assert.equal(answer.status, 200, path);
        assert.deepEqual(versionsOf(answer.text), V2, path);
      }
      assert.equal((await new V2Client(host, null).ask('/v2/', { method: 'POST' })).status, 401);
    });

    it('shows the newest as current, with an address that can be used', async () => {
      const { versions } = JSON.parse((await new V2Client(host, BOB).ask('/v2')).text) as {
        versions: { status: string; links: { href: string }[] }[];
      };
      assert.deepEqual(
        versions.map(({ status }) => status),
        ['CURRENT', ...V2.slice(1).map(() => 'SUPPORTED')],
      );
      for (const { links } of versions) assert.equal(links[0]?.href, `${host.url}/v2/`);
    });
  });
});
