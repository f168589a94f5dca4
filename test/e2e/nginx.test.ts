import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { ask, type Answer } from '../support/clients/ask.js';
import { V2Client } from '../support/clients/v2-client.js';
import { ANN, BOB, Host } from '../support/mounts/host.js';
import { startNginx, type TestNginx } from '../support/servers/nginx.js';

const DATA = randomBytes(3 * 1024 * 1024 + 7);
const ORIGIN = 'https://dashboard.example.org';

const LISTS = { 'cache-control': null, 'accept-ranges': null };

/** nginx's side as the documentation has it, with the addresses and the folder of a test. */
async function documented(address: string, registry: string, blobs: string): Promise<string> {
  const text = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const [, server] = /^```nginx\n(.*?)^```$/ms.exec(text) ?? [];
  assert.ok(server !== undefined);
  const parts: readonly (readonly [string, string])[] = [
    ['listen 80;', `listen ${address};`],
    ['127.0.0.1:9292', registry.replace('http://', '')],
    ['/var/lib/images/blobs/', `${blobs}/`],
  ];
  return parts.reduce((config, [from, to]) => {
    assert.ok(config.includes(from), from);
    return config.replaceAll(from, to);
  }, server);
}

describe('downloads by nginx', () => {
  const host = new Host(undefined, 'disk', {
    accelRedirect: '/image-data',
    allowedOrigins: [ORIGIN],
    unknownPaths: 'notFound',
  }).hooks();
  let nginx: TestNginx;
  let id: string;
  let checksum: string;
  /** Answers of the registry itself that had the name of a file. */
  const named: string[] = [];

  const download = (
    base: string,
    headers: Readonly<Record<string, string>> = {},
    method = 'GET',
    image = id,
  ): Promise<Answer> =>
    ask(`${base}/v2/images/${image}/file`, { method, headers: { 'x-auth-token': ANN, ...headers } });

  before(async () => {
    ({ id, checksum: checksum = '' } = (await new V2Client(host).upload(DATA)) as {
      id: string;
      checksum: string;
    });
    host.served.server.prependListener('request', (_request, response) => {
      response.once('finish', () => {
        const name = response.getHeader('x-accel-redirect');
        if (name !== undefined) named.push(String(name));
      });
    });
    const configs = await documented('ADDRESS', host.url, host.folder);
    nginx = await startNginx((address) => configs.replaceAll('ADDRESS', address));
  });
  after(() => nginx.stop());
  beforeEach(() => named.splice(0));

  const last = DATA.length - 1;
  const cases: readonly [
    title: string,
    headers: Readonly<Record<string, string>>,
    byNginx: boolean,
    method?: string,
  ][] = [
    ['the whole', {}, true],
    ['the first byte', { range: 'bytes=0-0' }, true],
    ['a range', { range: 'bytes=1000-2000000' }, true],
    ['a range that ends behind the end', { range: `bytes=${last - 5}-99999999` }, true],
    ['from a byte on', { range: `bytes=${last}-` }, true],
    ['all as a range', { range: 'bytes=0-' }, true],
    ['the last bytes', { range: 'bytes=-100' }, true],
    ['more than all of the last bytes', { range: 'bytes=-999999999' }, true],
    ['the whole for a page elsewhere', { origin: ORIGIN }, true],
    ['what the client has not', { 'if-none-match': '"other"' }, true],
    ['nothing that the client has', { 'if-none-match': '"CHECKSUM"' }, false],
    ['the headers', {}, false, 'HEAD'],
    ['a range beyond the end', { range: `bytes=${last + 1}-` }, false],
    ['two ranges', { range: 'bytes=0-1,5-6' }, false],
    ['what is no range', { range: 'bytes=5-2' }, false],
    ['a range if the image is the same', { range: 'bytes=0-9', 'if-range': 'CHECKSUM' }, false],
    ['a range if the image is another', { range: 'bytes=0-9', 'if-range': '"other"' }, false],
    ['a range as old clients ask for it', { 'content-range': 'bytes 5-9/*' }, false],
    ['a number that is too large', { range: `bytes=5-${'9'.repeat(30)}` }, false],
    ['on a condition that fails elsewhere', { 'if-match': '"other"' }, false],
    ['since a time', { 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' }, false],
    ['unless changed since a time', { 'if-unmodified-since': 'Sat, 01 Jan 2000 00:00:00 GMT' }, false],
  ];
  for (const [title, given, byNginx, method] of cases)
    it(`send ${title} exactly as the registry does`, async () => {
      const headers = Object.fromEntries(
        Object.entries(given).map(([name, value]) => [name, value.replace('CHECKSUM', checksum)]),
      );
      const [through, direct] = [
        await download(nginx.url, headers, method),
        await download(host.url, headers, method),
      ];
      assert.equal(through.status, direct.status);
      assert.ok(through.body.equals(direct.body));
      assert.deepEqual(comparable(through), comparable(direct));
      assert.match(String(through.headers['x-openstack-request-id']), /^req-/);
      assert.equal(through.headers['x-accel-redirect'], undefined);
      assert.equal(named.length, byNginx ? 1 : 0);
    });

  it('are judged by the registry', async () => {
    for (const [token, status] of [
      [BOB, 404],
      ['', 401],
    ] as const)
      assert.equal((await download(nginx.url, { 'x-auth-token': token })).status, status);
    assert.deepEqual(named, []);
  });

  it('have no other way to the files', async () => {
    await download(nginx.url);
    const [name = ''] = named;
    assert.match(name, /^\/image-data\/[0-9a-f]{2}\//);
    for (const url of [name, `/v2/..${name}`, `//${name}`]) {
      const answer = await ask(`${nginx.url}${url}`, { headers: { 'x-auth-token': ANN } });
      assert.equal(answer.status, 404, url);
      assert.ok(!answer.body.includes(DATA.subarray(0, 100)));
    }
  });

  it('do not let a client speak for nginx, nor keep it from speaking', async () => {
    for (const word of ['X-Accel-Redirect', 'nothing']) {
      const answer = await download(nginx.url, {
        'x-sendfile-type': word,
        'x-accel-redirect': '/etc/passwd',
      });
      assert.ok(answer.body.equals(DATA));
    }
    assert.equal(named.length, 2);
  });

  it('come from the registry when nginx has not the file', async () => {
    const config = await documented('ADDRESS', host.url, '/nowhere');
    const lost = await startNginx((address) => config.replaceAll('ADDRESS', address));
    try {
      for (const headers of [{}, { range: 'bytes=5-9' }]) {
        const [through, direct] = [await download(lost.url, headers), await download(host.url, headers)];
        assert.equal(through.status, direct.status);
        assert.ok(through.body.equals(direct.body));
        // Lists, in which nginx has what both answers say.
        const said = { ...comparable(through), ...LISTS };
        assert.deepEqual(said, { ...comparable(direct), ...LISTS });
      }
      assert.equal(named.length, 2);
    } finally {
      await lost.stop();
    }
  });

  it('are 404 when the image goes before nginx opens its file', async () => {
    const { id: doomed } = await new V2Client(host).upload(DATA);
    host.served.server.once('request', (_request, response: ServerResponse) => {
      const end = response.end.bind(response);
      response.end = () => {
        const name = String(response.getHeader('x-accel-redirect'));
        rmSync(path.join(host.folder, 'blobs', name.replace('/image-data/', '')));
        return end();
      };
    });
    const answer = await download(nginx.url, {}, 'GET', doomed);
    assert.deepEqual([answer.status, named.length], [404, 1]);
    assert.match(String(answer.headers['cache-control']), /\bno-store$/);
    assert.equal((JSON.parse(answer.text) as { error: { code: number } }).error.code, 404);
  });
});

/** What must be the same, whoever sends. */
function comparable({ headers }: Answer): object {
  const own = ['date', 'server', 'connection', 'keep-alive', 'x-powered-by', 'x-openstack-request-id'];
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !own.includes(name)));
}
