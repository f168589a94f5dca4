import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../support/until.js';
import {
  assertBroken,
  assertRefused,
  bytesOf,
  fakeLookup,
  listen,
  loopbackSource,
  startRaw,
  type Loopback,
} from './loopback.js';

interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** A self-signed certificate for 127.0.0.1 and images.example.org. */
async function makeKeyPair(folder: string): Promise<KeyPair> {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = 'subjectAltName=IP:127.0.0.1,DNS:images.example.org';
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const { error, status, stderr } = spawnSync(
    'openssl',
    [
      'req',
      '-x509',
      ...curve,
      '-days',
      '2',
      '-subj',
      '/CN=test',
      '-addext',
      names,
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { encoding: 'utf8' },
  );
  if (error !== undefined)
    assert.fail(`These tests need the program openssl on this machine: ${error.message}`);
  assert.equal(status, 0, stderr);
  return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
}

describe('a source over https', () => {
  let folder: string;
  let pair: KeyPair;
  let server: Loopback;
  let requests = 0;
  let names: (string | false | null)[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sources-tls-'));
    pair = await makeKeyPair(folder);
    const tls = https.createServer(pair, (request, response) => {
      requests += 1;
      names.push((request.socket as unknown as { servername?: string | false }).servername ?? null);
      if (request.url === '/down')
        response.writeHead(302, { location: `http://127.0.0.1:${server.port}/` }).end();
      else if (request.url === '/away') response.writeHead(302, { location: 'https://127.0.0.2/' }).end();
      else if (request.url === '/same') response.writeHead(302, { location: '/' }).end();
      else response.writeHead(200, { 'content-length': 6 }).end('secure');
    });
    server = await listen(tls, '127.0.0.1', 'https');
  });
  beforeEach(() => {
    requests = 0;
    names = [];
  });
  afterEach(() => until('the connections are closed', () => server.open() === 0));
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  it('is read when its certificate is trusted', async () => {
    const source = loopbackSource({ ca: pair.cert });
    assert.equal(await source.size(server.url), 6);
    assert.equal(String(await bytesOf(source.read(server.url, { start: 1, end: 3 }))), 'ecu');
    assert.equal(await source.size(`${server.url}/same`), 6);
  });

  it('is read by its name', async () => {
    const source = loopbackSource({ ca: [Buffer.from(pair.cert)], lookup: fakeLookup('127.0.0.1').lookup });
    assert.equal(await source.size(`https://images.example.org:${server.port}/`), 6);
    assert.equal(await source.size(`https://images.example.org.:${server.port}/`), 6);
    assert.deepEqual(names, ['images.example.org', 'images.example.org']);
  });

  it('is refused when its certificate is not trusted', async () => {
    await assertRefused(loopbackSource().size(server.url), /self-signed certificate/);
    await assertBroken(loopbackSource().read(server.url), /self-signed certificate/);
    assert.equal(requests, 0);
  });

  it('is refused although the environment switches checks off', async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      await assertRefused(loopbackSource().size(server.url), /self-signed certificate/);
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
    assert.equal(requests, 0);
  });

  it('is refused when its certificate is for another name', async () => {
    const source = loopbackSource({ ca: pair.cert, lookup: fakeLookup('127.0.0.1').lookup });
    await assertRefused(source.size(`https://other.example.org:${server.port}/`), /does not match/);
    assert.equal(requests, 0);
  });

  it('is not left for http by a redirect, nor for a forbidden address', async () => {
    const source = loopbackSource({ ca: pair.cert });
    await assertRefused(source.size(`${server.url}/down`), /from https to http/);
    await assertRefused(source.size(`${server.url}/away`), /127\.0\.0\.2 .* not allowed/);
    assert.equal(requests, 2);
  });

  it('is given up when it never shakes hands', async () => {
    const silent = await startRaw(() => undefined);
    try {
      const source = loopbackSource({ ca: pair.cert, connectTimeout: 150 });
      await assertRefused(
        source.size(`https://127.0.0.1:${silent.port}/`),
        /connecting took longer than 150 ms/,
      );
    } finally {
      await silent.close();
    }
  });

  it('is refused when it does not speak TLS, or hangs up', async () => {
    for (const answer of ['HTTP/1.1 200 OK\r\n\r\n', '']) {
      const plain = await startRaw((socket) => socket.end(answer));
      try {
        const source = loopbackSource({ ca: pair.cert });
        await assertRefused(source.size(`https://127.0.0.1:${plain.port}/`), /SSL|disconnected|ECONNRESET/i);
      } finally {
        await plain.close();
      }
    }
  });
});
