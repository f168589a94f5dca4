import assert from 'node:assert/strict';
import { ask, type Answer } from '../support/clients/ask.js';
import { ANN, Host } from '../support/mounts/host.js';
import { OCTETS } from '../support/clients/images-client.js';
import { RawSocket, requestHead } from '../support/clients/raw-socket.js';

const DASHBOARD = 'https://dashboard.example.org';

describe('answers', () => {
  const host = new Host().hooks();
  let id: string;

  before(async () => {
    id = (await host.client().upload('<script>alert(1)</script>')).id;
  });

  const own = ({ headers }: Answer): void => {
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['content-disposition'], undefined);
    assert.equal(headers['content-security-policy'], undefined);
  };
  const data = ({ headers }: Answer): void => {
    assert.equal(headers['cache-control'], 'private, no-transform');
    assert.equal(headers['content-disposition'], `attachment; filename="${id}"`);
    assert.equal(headers['content-security-policy'], "default-src 'none'; sandbox");
  };

  it('are for one caller alone, whether they are metadata, errors or versions', async () => {
    const client = host.client();
    const answers = await Promise.all([
      client.ask('/v1/images'),
      client.ask('/v1/images/detail'),
      client.ask('/v2/images'),
      client.ask(`/v2/images/${id}`),
      client.ask(`/v1/images/${id}/members`),
      client.ask('/versions'),
      client.ask('/v1/nothing'),
      client.ask(`/v1/images/${crypto.randomUUID()}`),
      client.ask(`/v1/images/${id}`, { headers: { range: 'bytes=1000-' } }),
      client.ask('/v1/images', { method: 'POST' }),
      host.client(null).ask(`/v2/images/${id}/file`),
    ]);
    for (const answer of answers) {
      own(answer);
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
      const varying = String(answer.headers.vary).toLowerCase();
      for (const name of ['x-auth-token', 'authorization', 'cookie', 'accept', 'origin'])
        assert.ok(varying.includes(name), varying);
    }
  });

  it('with data may be kept by their client, and are saved in place of shown', async () => {
    const client = host.client();
    const answers = await Promise.all([
      client.ask(`/v1/images/${id}`),
      client.ask(`/v1/images/${id}`, { method: 'HEAD' }),
      client.ask(`/v1/images/${id}`, { headers: { range: 'bytes=0-3' } }),
      client.ask(`/v2/images/${id}/file`),
      client.ask(`/v2/images/${id}/file`, { method: 'HEAD' }),
    ]);
    for (const answer of answers) {
      data(answer);
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    }
    const etag = String(answers[0].headers.etag);
    const unchanged = await client.ask(`/v1/images/${id}`, { headers: { 'if-none-match': etag } });
    assert.equal(unchanged.status, 304);
    data(unchanged);
  });

  it('to requests that name two hosts are refusals', async () => {
    for (const path of ['/v1/images', '/versions', '/v2/images']) {
      const socket = await RawSocket.open(host.url);
      const headers = { 'X-Auth-Token': ANN, Connection: 'close', host: 'other.example' };
      await socket.send(requestHead('GET', host.url + path, headers));
      await socket.untilClosed();
      assert.match(socket.received, /^HTTP\/1.1 400 Bad Request/);
    }
  });
});

describe('pages of other origins', () => {
  const anyone = () => ({ user: 'u', project: 'p', roles: [] });
  const host = new Host(undefined, 'memory', {
    authenticate: anyone,
    allowedOrigins: [DASHBOARD],
  }).hooks();

  const preflight = (origin: string, headers: string): Promise<Answer> =>
    ask(`${host.url}/v1/images`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': headers,
      },
    });

  it('are told what they may send, when they are allowed', async () => {
    const wanted = 'x-auth-token, content-type, x-image-meta-name, x-image-meta-property-a_b';
    const answer = await preflight(DASHBOARD, `${wanted}, x-openstack-image-size, x-forwarded-for, cookie`);
    assert.equal(answer.status, 204);
    assert.equal(answer.headers['access-control-allow-origin'], DASHBOARD);
    assert.equal(answer.headers['access-control-allow-credentials'], 'true');
    assert.equal(answer.headers['access-control-allow-headers'], `${wanted}, x-openstack-image-size`);
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
      assert.ok(String(answer.headers['access-control-allow-methods']).includes(method));
    assert.match(String(answer.headers.vary), /origin/i);
  });

  it('are told nothing when they are not', async () => {
    for (const origin of [
      'https://evil.example',
      'http://dashboard.example.org',
      'null',
      `${DASHBOARD}.evil`,
    ]) {
      const answer = await preflight(origin, 'x-auth-token');
      assert.equal(answer.status, 403);
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
      const listed = await ask(`${host.url}/v1/images`, { headers: { origin } });
      assert.equal(listed.headers['access-control-allow-origin'], undefined);
      const changed = await ask(`${host.url}/v1/images`, { method: 'POST', headers: { origin } });
      assert.equal(changed.status, 403);
    }
  });

  it('may change, and read what is answered, when they are allowed', async () => {
    const headers = {
      ...OCTETS,
      origin: DASHBOARD,
      'x-image-meta-disk_format': 'raw',
      'x-image-meta-container_format': 'bare',
      'x-image-meta-property-colour': 'red',
    };
    const made = await ask(`${host.url}/v1/images`, { method: 'POST', headers, body: 'data' });
    assert.equal(made.status, 201);
    assert.equal(made.headers['access-control-allow-origin'], DASHBOARD);
    const shown = await ask(String(made.headers.location), { headers: { origin: DASHBOARD } });
    const exposed = String(shown.headers['access-control-expose-headers']);
    for (const name of [
      'x-image-meta-property-colour',
      'x-image-meta-size',
      'ETag',
      'X-Openstack-Request-Id',
    ])
      assert.ok(exposed.includes(name), exposed);
    const missing = await ask(`${host.url}/v1/images/x`, { headers: { origin: DASHBOARD } });
    assert.equal(missing.headers['access-control-allow-origin'], DASHBOARD);
  });
});
