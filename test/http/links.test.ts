import assert from 'node:assert/strict';
import type { Answer } from '../support/clients/ask.js';
import { Host } from '../support/mounts/host.js';
import { imageOf, listOf } from '../support/clients/images-client.js';
import { RawSocket, requestHead } from '../support/clients/raw-socket.js';
import { MOUNTS } from '../support/mounts/serve.js';

const FORWARDED = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'images.example.org:8443' };

/** Every address that answers to these headers hold. */
async function addresses(host: Host, headers: Readonly<Record<string, string>>): Promise<string[]> {
  const client = host.client();
  const made: Answer = await client.ask('/v1/images', { method: 'POST', headers });
  imageOf(made, 201);
  const list = listOf(await client.ask('/v1/images?limit=1', { headers }));
  const back = listOf(await client.ask(`/v1/images?marker=${list.images[0]?.id}`, { headers }));
  const versions = await client.ask('/versions', { headers });
  const [version] = (JSON.parse(versions.text) as { versions: { links: { href: string }[] }[] }).versions;
  const redirect = await client.ask('/v1?limit=1&name=%C3%BC', { headers });
  assert.equal(redirect.status, 302);
  const found = [
    made.headers.location,
    list.images[0]?.uri,
    list.next,
    back.previous,
    version?.links[0]?.href,
    redirect.headers.location,
  ];
  return found.map((address) => address ?? 'none');
}

for (const mount of MOUNTS)
  describe(`links, ${mount.name}`, () => {
    const host = new Host(mount, 'memory', { versions: ['v1'] }).hooks();

    before(async () => {
      for (let n = 0; n < 2; n += 1) await host.client().reserve();
    });

    it('are absolute, through the mount, and work as they are', async () => {
      for (const address of await addresses(host, {})) {
        assert.ok(address.startsWith(`${host.url}/v1/`), address);
        const method = /\/images\/[0-9a-f-]{36}$/.test(address) ? 'HEAD' : 'GET';
        assert.equal((await host.client().ask(address, { method })).status, 200, address);
      }
    });

    it('keep the query of /v1', async () => {
      const answer = await host.client().ask('/v1?limit=1&name=%C3%BC');
      assert.equal(answer.headers.location, `${host.url}/v1/?limit=1&name=%C3%BC`);
    });

    const trusted = mount.name === 'with trust proxy';
    it(`${trusted ? 'follow' : 'ignore'} X-Forwarded headers`, async () => {
      const prefix = mount.prefix === '/' ? '' : mount.prefix;
      const base = trusted ? `https://images.example.org:8443${prefix}` : host.url;
      for (const address of await addresses(host, FORWARDED))
        assert.ok(address.startsWith(`${base}/v1/`), address);
    });

    it('never take over a Host, scheme or path that is none', async () => {
      for (const evil of ['a b', '"><script>', 'x/y', 'a:b:c', 'u@h', '', '[::1', 'h:99999999']) {
        const socket = await RawSocket.open(host.url);
        const headers = { Host: evil, 'X-Forwarded-Proto': 'javascript', Connection: 'close' };
        await socket.send(requestHead('GET', `${host.url}/versions`, headers));
        await socket.untilClosed();
        assert.match(socket.received, /^HTTP\/1\.1 200 /, evil);
        const [, href = ''] = /"href":"([^"]*)"/.exec(socket.received) ?? [];
        assert.ok(href.startsWith(`${host.url}/v1/`), `${evil}: ${href}`);
      }
    });

    it('name the address of the connection when the client names no host', async () => {
      const socket = await RawSocket.open(host.url);
      await socket.send(`GET ${new URL(`${host.url}/versions`).pathname} HTTP/1.0\r\n\r\n`);
      await socket.untilClosed();
      assert.ok(socket.received.includes(`"href":"${host.url}/v1/"`), socket.received);
    });

    it('lead through requests that name the whole address', async () => {
      // RFC 9112 section 3.2.2: a server must take the absolute form.
      const socket = await RawSocket.open(host.url);
      const { host: name, origin } = new URL(host.url);
      const path = `${host.url}/v1/images?limit=1`.slice(origin.length);
      const head = ['Connection: close', `Host: ${name}`, 'X-Auth-Token: ann:blue:member'].join('\r\n');
      await socket.send(`GET ${origin}${path} HTTP/1.1\r\n${head}\r\n\r\n`);
      await socket.untilClosed();
      assert.match(socket.received, /^HTTP\/1\.1 200 /);
      assert.ok(socket.received.includes(`"next":"${host.url}/v1/images?`), socket.received);
    });
  });

for (const mount of MOUNTS)
  describe(`links with a public endpoint, ${mount.name}`, () => {
    const publicEndpoint = 'https://public.example.org/glance/';
    const host = new Host(mount, 'memory', { publicEndpoint, versions: ['v1'] }).hooks();

    it('begin with it, whatever the request says', async () => {
      await host.client().reserve();
      for (const address of await addresses(host, FORWARDED))
        assert.ok(address.startsWith('https://public.example.org/glance/v1/'), address);
    });
  });
