import assert from 'node:assert/strict';
import net, { type AddressInfo } from 'node:net';
import { ADMIN, Host } from '../support/mounts/host.js';
import { FORMATS, OCTETS } from '../support/clients/images-client.js';
import { SourceHost } from '../support/servers/source-host.js';
import {
  bring,
  LOOPBACK,
  post,
  put,
  SOURCE_HEADERS,
  type SourceHeader,
} from '../support/servers/source-images.js';

const HEADERS = Object.keys(SOURCE_HEADERS) as SourceHeader[];
const METHODS = ['POST', 'PUT'] as const;
const DATA = Buffer.from('data');

/** A port of loopback that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a source that cannot be fetched', () => {
  const source = new SourceHost().hooks();
  const forbidden = new SourceHost('127.0.0.2').hooks();
  const host = new Host(undefined, 'memory', LOOPBACK).hooks();

  beforeEach(() => source.forget());

  const causes: readonly (readonly [string, () => Promise<string> | string])[] = [
    ['lies in a network that is not allowed', () => forbidden.put('/data', DATA)],
    ['has a closed port', async () => `http://127.0.0.1:${await closedPort()}/data`],
    ['is not there', () => source.url('/nothing')],
    ['asks who is calling', () => source.on('/data', (_request, response) => response.writeHead(401).end())],
    ['fails', () => source.on('/data', (_request, response) => response.writeHead(500).end())],
    ['closes the connection', () => source.on('/data', (request) => request.destroy())],
    [
      'does not tell its size',
      () =>
        source.on('/data', (request, response) => {
          response.writeHead(200, { 'transfer-encoding': 'chunked' });
          response.end(request.method === 'HEAD' ? undefined : DATA);
        }),
    ],
    [
      'is packed',
      () =>
        source.on('/data', (request, response) => {
          response.writeHead(200, { 'content-length': 4, 'content-encoding': 'gzip' });
          response.end(request.method === 'HEAD' ? undefined : DATA);
        }),
    ],
    [
      'leads to one that is not allowed',
      () =>
        source.on('/data', (_request, response) => {
          response.writeHead(302, { location: forbidden.put('/data', DATA) }).end();
        }),
    ],
  ];
  const answers = new Set<string>();
  for (const [cause, make] of causes)
    for (const header of HEADERS)
      for (const method of METHODS)
        it(`because it ${cause} is 404: ${header} by ${method}`, async () => {
          const { id, answer } = await bring(host.client(), method, { [header]: await make() });
          assert.equal(answer.status, 404);
          answers.add(`${answer.text}\n${Object.keys(answer.headers).sort().join()}`);
          assert.equal(answers.size, 1, [...answers].join('\n\n'));
          // A new image leaves no record; one that was there stays as it was.
          assert.equal(await host.client(ADMIN).status(id), method === 'POST' ? '404' : 'queued');
          assert.equal(forbidden.connections, 0);
        });

  it('leaves an image that can still have its data', async () => {
    const { id } = await bring(host.client(), 'PUT', { copy: source.url('/nothing') });
    const headers = { ...OCTETS };
    const answer = await host.client().ask(`/v1/images/${id}`, { method: 'PUT', headers, body: 'data' });
    assert.equal(answer.status, 200);
    assert.equal((await host.client().ask(`/v1/images/${id}`)).text, 'data');
  });
});

describe('an address that is not to be used', () => {
  const source = new SourceHost().hooks();
  const host = new Host(undefined, 'memory', LOOPBACK).hooks();

  const addresses: readonly ((here: string) => string)[] = [
    () => 'file:///etc/passwd',
    () => 'FILE:///etc/passwd',
    () => 'file:/etc/passwd',
    () => 'filesystem:///etc/passwd',
    () => 'swift+config://here/there',
    () => 'swift://here/there',
    () => 'data:,data',
    () => 'gopher://127.0.0.1:6379/_FLUSHALL',
    () => 'ftp://127.0.0.1/data',
    () => '\\\\127.0.0.1\\share',
    () => '/etc/passwd',
    () => 'data',
    () => 'http:data',
    (here) => here.slice('http:'.length),
    (here) => here.replace('http://', 'http:\\\\'),
    (here) => here.replace('//', '//user@'),
    (here) => here.replace('//', '//user:password@'),
    (here) => here.replace('//', '//:@'),
    (here) => `${here}#fragment`,
    (here) => `${here} data`,
    (here) => `${here}\tdata`,
    (here) => here + 'x'.repeat(8192),
  ];
  for (const header of HEADERS)
    it(`is 400 with one text, and nobody is asked: ${header}`, async () => {
      const here = source.put('/data', DATA);
      const texts = new Set<string>();
      for (const make of addresses)
        for (const method of METHODS) {
          const { id, answer } = await bring(host.client(), method, { [header]: make(here) });
          assert.equal(answer.status, 400, `${method} ${make(here)}: ${answer.text}`);
          texts.add(answer.text);
          assert.equal(await host.client(ADMIN).status(id), method === 'POST' ? '404' : 'queued');
        }
      assert.equal(texts.size, 1, [...texts].join('\n'));
      assert.equal(source.connections, 0);
    });

  for (const header of HEADERS)
    it(`is 400 when it is empty: ${header}`, async () => {
      for (const method of METHODS) {
        const { answer } = await bring(host.client(), method, { [header]: '' });
        assert.equal(answer.status, 400, answer.text);
      }
    });

  it('may have a scheme in any case', async () => {
    const url = source.put('/data', DATA).replace('http://', 'HTTP://');
    assert.equal((await post(host.client(), { location: url })).answer.status, 201);
  });
});

describe('a source for an image that cannot have it', () => {
  const source = new SourceHost().hooks();
  const host = new Host(undefined, 'memory', LOOPBACK).hooks();
  let url: string;

  beforeEach(() => {
    source.forget();
    url = source.put('/data', DATA);
  });

  for (const [what, more, body] of [
    ['another one', { location: '', copy: '' }, undefined],
    ['data', { location: '' }, 'data'],
    ['data', { copy: '' }, 'data'],
  ] as const)
    it(`because it has ${what} besides ${Object.keys(more).join()} is 400 and leaves it queued`, async () => {
      const from = Object.fromEntries(Object.keys(more).map((header) => [header, url]));
      const headers = { ...FORMATS, ...OCTETS };
      const { id, answer } = await post(host.client(), from, headers, body);
      assert.equal(answer.status, 400);
      assert.equal(await host.client().status(id), 'queued');
      assert.deepEqual(await host.stored(), []);
    });

  for (const header of HEADERS)
    it(`because its formats are missing is 400 and leaves it queued: ${header}`, async () => {
      for (const formats of [{}, { 'x-image-meta-disk_format': 'raw' }]) {
        const { id, answer } = await post(host.client(), { [header]: url }, formats);
        assert.equal(answer.status, 400);
        assert.match(answer.text, /container_format|disk_format/);
        assert.equal(await host.client().status(id), 'queued');
        assert.equal((await put(host.client(), id, { [header]: url })).status, 400);
        assert.equal(await host.client().status(id), 'queued');
        assert.equal((await put(host.client(), id, { [header]: url }, FORMATS)).status, 200);
      }
    });
});
