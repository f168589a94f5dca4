import assert from 'node:assert/strict';
import express from 'express';
import { ask, type Answer } from '../support/clients/ask.js';
import { Host } from '../support/mounts/host.js';
import { RawSocket, requestHead } from '../support/clients/raw-socket.js';
import { MOUNTS } from '../support/mounts/serve.js';

const ID = 'x-openstack-request-id';
const NEW_ID = /^req-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

for (const mount of MOUNTS)
  describe(`protocol, ${mount.name}`, () => {
    const host = new Host(mount, 'memory', { versions: ['v1'] }).hooks();
    const ask = (path: string, headers = {}, method = 'GET'): Promise<Answer> =>
      host.client().ask(path, { method, headers });

    it('gives every answer an id, the given one when it is plain', async () => {
      for (const path of [
        '/',
        '/versions',
        '/v1/images',
        '/v1/nowhere',
        '/nowhere',
        '/v1',
        '/v1/images/x',
        '/v1/%',
      ]) {
        assert.match(String((await ask(path)).headers[ID]), NEW_ID, path);
        for (const [given, shown] of [
          ['req-mine', 'req-mine'],
          ['mine_-1', 'req-mine_-1'],
          ['a'.repeat(64), `req-${'a'.repeat(64)}`],
        ] as const)
          assert.equal((await ask(path, { [ID]: given })).headers[ID], shown, path);
        for (const given of ['a'.repeat(65), 'a b', '<script>', 'ü', '', 'a,b', 'a/b'])
          assert.match(String((await ask(path, { [ID]: given })).headers[ID]), NEW_ID, given);
      }
      const strange = await host.client(null).ask('/v1/images', { headers: { [ID]: 'mine' } });
      assert.deepEqual([strange.status, strange.headers[ID]], [401, 'req-mine']);
    });

    it('answers unknown versions and paths with the choices, whoever asks', async () => {
      const document = (await ask('/versions')).text;
      const paths = [
        '/',
        '/v3',
        '/v3/images',
        '/v2',
        '/v10/images',
        '/v1.2',
        '/V1/images',
        '/images',
        '/x/y?z=1',
      ];
      for (const path of [...paths, '/versionsx', '/%', '/%2e%2e/v1', '/v1images'])
        for (const method of ['GET', 'POST', 'DELETE']) {
          const answer = await host.client(null).ask(path, { method });
          assert.equal(answer.status, 300, `${method} ${path}`);
          assert.equal(answer.text, document);
        }
      for (const path of ['/versions?a=b', '/versions/'])
        assert.equal((await host.client(null).ask(path)).status, 200, path);
      // Clients join addresses with a slash too many.
      for (const path of ['//v1/images', '///v1/images']) assert.equal((await ask(path)).status, 200, path);
      const found = JSON.parse(document) as { versions: { id: string; status: string }[] };
      assert.deepEqual(
        found.versions.map(({ id, status }) => [id, status]),
        [
          ['v1.1', 'SUPPORTED'],
          ['v1.0', 'SUPPORTED'],
        ],
      );
    });

    it('knows v1 by each of its names', async () => {
      for (const version of ['/v1', '/v1.0', '/v1.1']) {
        for (const path of ['/', '/images', '/images/detail'])
          assert.equal((await ask(version + path)).text, '{"images":[]}', version + path);
        assert.equal((await ask(`${version}?limit=3`)).headers.location, `${host.url}/v1/?limit=3`);
      }
    });

    it('selects v1 by Accept for a path without version', async () => {
      for (const version of ['', '-v1', '-v1.0', '-v1.1', '-v2']) {
        const accept = `application/vnd.openstack.images${version}`;
        const answer = await ask('/images', { accept });
        assert.equal(answer.status, version === '' || version === '-v2' ? 300 : 200, accept);
        assert.equal((await ask('/v3/images', { accept })).status, 300);
        assert.equal((await ask('/versions', { accept })).status, 200);
        assert.equal((await ask('/v1/images', { accept })).status, 200);
      }
      assert.equal((await ask('/nowhere', { accept: 'application/vnd.openstack.images-v1' })).status, 404);
      const unknown = await host
        .client(null)
        .ask('/images', { headers: { accept: 'application/vnd.openstack.images-v1' } });
      assert.equal(unknown.status, 401);
    });

    it('refuses wrong methods and names the right ones', async () => {
      const { id } = await host.client().reserve();
      const allowed = [
        ['/v1/', 'GET'],
        ['/v1/images', 'GET, POST'],
        ['/v1/images/detail', 'GET, HEAD'],
        [`/v1/images/${id}`, 'GET, HEAD, PUT, DELETE'],
      ] as const;
      for (const [path, allow] of allowed)
        for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'SEARCH']) {
          if (allow.split(', ').includes(method)) continue;
          const answer = await ask(path, {}, method);
          assert.equal(answer.status, 405, `${method} ${path}`);
          assert.equal(answer.headers.allow, allow);
        }
      for (const path of ['/v1/images', '/v1/images/detail'])
        assert.equal((await ask(path, {}, 'HEAD')).status, 405, path);
      assert.equal(await host.client().status(id), 'queued');
    });

    it('has nothing at other paths below v1', async () => {
      for (const path of [
        '/v1/x',
        '/v1/images/',
        '/v1/images/detail/x',
        '/v1//images',
        '/v1/IMAGES',
        '/v1/images/x',
      ])
        assert.equal((await ask(path)).status, 404, path);
      for (const path of ['/v1/images/%', '/v1/images/%zz', '/v1/images/%c3%28', '/v1/images/%ff'])
        for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'])
          assert.equal((await ask(path, {}, method)).status, 400, `${method} ${path}`);
      assert.equal((await ask('/v1/images/%00')).status, 404);
      assert.equal((await ask('/v1/images/..%2f..%2fetc%2fpasswd')).status, 404);
    });

    it('explains errors in plain text, or in JSON when asked', async () => {
      const path = '/v1/images?limit=x';
      for (const accept of ['', '*/*', 'text/html', 'application/xml']) {
        const answer = await ask(path, { accept });
        assert.equal(answer.headers['content-type'], 'text/plain; charset=UTF-8');
        assert.match(answer.text, /^400 Bad Request\n\n.*limit.*\n$/);
      }
      for (const accept of ['application/json', 'text/html, application/json;q=0.5']) {
        const answer = await ask(path, { accept });
        assert.equal(answer.headers['content-type'], 'application/json');
        const { error } = JSON.parse(answer.text) as { error: Record<string, unknown> };
        assert.deepEqual({ ...error, message: '' }, { code: 400, title: 'Bad Request', message: '' });
        assert.match(String(error.message), /limit/);
      }
      const head = await ask('/v1/images/x', {}, 'HEAD');
      assert.deepEqual([head.status, head.text], [404, '']);
    });

    it('asks strangers who they are', async () => {
      for (const token of ['', 'a:b:c:d', ':p:member'])
        for (const path of ['/v1/', '/v1/images', '/v1/images/detail', '/v1/nowhere']) {
          const answer = await host.client(null).ask(path, { headers: { 'x-auth-token': token } });
          assert.equal(answer.status, 401, `${token} ${path}`);
          assert.match(String(answer.headers['www-authenticate']), /^Token realm=/);
        }
      const put = await host.client(null).ask('/v1/images', { method: 'POST', body: 'x', chunked: true });
      assert.equal(put.status, 401);
    });

    it('decodes percent escapes of tokens', async () => {
      const { id } = await host.client('ann:blü:member').reserve();
      for (const token of ['ann:blü:member', 'ann%3Abl%C3%BC%3Amember', 'ann%3abl%c3%bc%3amember'])
        assert.equal(await host.client(token).status(id), 'queued', token);
      assert.equal(await host.client('ann%:blü:member').status(id), 'queued');
      assert.equal(await host.client().status(id), '404');
    });

    it('serves several requests on one connection, refused ones between them', async () => {
      const socket = await RawSocket.open(host.url);
      const token = { 'X-Auth-Token': 'ann:blue:member' };
      const body = { ...token, 'Content-Type': 'text/plain', 'Content-Length': '5' };
      for (const [method, path, headers, text] of [
        ['GET', '/v1/images/x', token, ''],
        ['POST', '/v1/images', { ...body, 'x-image-meta-bad': 'x' }, 'bytes'],
        ['POST', '/v1', body, 'bytes'],
        ['PATCH', '/v1/images', body, 'bytes'],
        ['DELETE', '/nowhere', body, 'bytes'],
        ['GET', '/versions', { ...token, Connection: 'close' }, ''],
      ] as const)
        await socket.send(requestHead(method, host.url + path, headers) + text);
      await socket.untilClosed();
      const statuses = [...socket.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
      assert.deepEqual(statuses, ['404', '400', '302', '405', '300', '200']);
    });
  });

describe("paths that are not the registry's, with unknownPaths next", () => {
  for (const mount of MOUNTS)
    it(`go to the host app, ${mount.name}`, async () => {
      const before: typeof mount.before = (app) => {
        mount.before(app);
        // Express runs it last: the registry is mounted before anything comes in.
        const after = express.Router().use((request, response) => void response.send(`host ${request.url}`));
        setImmediate(() => app.use(after));
      };
      const host = new Host({ ...mount, before }, 'memory', { unknownPaths: 'next' });
      await host.start();
      try {
        const prefix = mount.prefix === '/' ? '' : mount.prefix;
        for (const path of ['/shop?a=b', '/v3/images', '/images', '/favicon.ico', '/%']) {
          const answer = await ask(host.url + path);
          assert.deepEqual([answer.status, answer.text], [200, `host ${prefix}${path}`]);
          assert.equal(answer.headers[ID], undefined);
        }
        assert.equal((await ask(`${host.url}/`)).status, 300);
        assert.equal((await ask(`${host.url}/versions`)).status, 200);
        assert.equal((await host.client().ask('/v1/images')).status, 200);
        assert.equal((await host.client().ask('/v1/nowhere')).status, 404);
        const accept = { accept: 'application/vnd.openstack.images-v1' };
        assert.equal((await host.client().ask('/images', { headers: accept })).status, 200);
      } finally {
        await host.stop();
      }
    });
});

describe("paths that are not the registry's, with unknownPaths notFound", () => {
  for (const mount of MOUNTS)
    it(`are 404, ${mount.name}`, async () => {
      const host = new Host(mount, 'memory', { unknownPaths: 'notFound' });
      await host.start();
      try {
        for (const path of ['/shop?a=b', '/v3/images', '/images', '/favicon.ico', '/%']) {
          const answer = await ask(host.url + path);
          assert.deepEqual(
            [answer.status, answer.text],
            [404, '404 Not Found\n\nThere is no such resource.\n'],
          );
          assert.match(String(answer.headers[ID]), /^req-/);
        }
        const body = { method: 'POST', body: 'what nobody asked for' };
        assert.equal((await ask(`${host.url}/shop`, body)).status, 404);
        assert.equal((await ask(`${host.url}/`)).status, 300);
        assert.equal((await ask(`${host.url}/versions`)).status, 200);
        assert.equal((await host.client().ask('/v1/images')).status, 200);
        const accept = { accept: 'application/vnd.openstack.images-v1' };
        assert.equal((await host.client().ask('/images', { headers: accept })).status, 200);
      } finally {
        await host.stop();
      }
    });
});
