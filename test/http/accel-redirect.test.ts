import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, truncate, unlink } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import express from 'express';
import Keyv from 'keyv';
import { callerOf } from '../../lib/domain/identity.js';
import { createImageRegistry, diskStore, memoryStore, none, type BlobStore } from '../../lib/index.js';
import type { Answer } from '../support/clients/ask.js';
import { READY, V2Client } from '../support/clients/v2-client.js';
import { ADMIN, ANN, BOB, Host } from '../support/mounts/host.js';
import { MOUNTS } from '../support/mounts/serve.js';
import { until } from '../support/until.js';

const DATA = randomBytes(1000);
const TAKES_FILES = { 'x-sendfile-type': 'X-Accel-Redirect' };
const ROOT = callerOf({ user: 'root', project: 'red', roles: ['admin'] });
const NAME = /^\/image-data\/([0-9a-f]{2}\/[a-z0-9-]+)$/;

function downloads(host: Host, token: string | null = ANN) {
  return (id: string, headers: Readonly<Record<string, string>> = TAKES_FILES, method = 'GET') =>
    new V2Client(host, token).ask(`/v2/images/${id}/file`, { method, headers });
}

function redirectOf({ headers }: Answer): string | undefined {
  return headers['x-accel-redirect']?.toString();
}

for (const mount of MOUNTS)
  describe(`accelRedirect, ${mount.name}`, () => {
    const host = new Host(mount, 'disk', { accelRedirect: '/image-data' }).hooks();
    const get = downloads(host);
    let id: string;
    before(async () => void ({ id } = await new V2Client(host).upload(DATA)));

    it('gives the name of a file to a proxy that takes it, and bytes to everyone else', async () => {
      const answer = await get(id);
      const bytes = await get(id, {});
      assert.deepEqual([answer.status, answer.body.length], [200, 0]);
      const [, file = ''] = NAME.exec(redirectOf(answer) ?? '') ?? [];
      assert.ok((await readFile(path.join(host.folder, 'blobs', file))).equals(DATA));
      assert.ok(bytes.body.equals(DATA));
      assert.equal(redirectOf(bytes), undefined);
    });

    it('leaves the other headers as they are', async () => {
      const others = ({ headers }: Answer): object => ({
        ...headers,
        'accept-ranges': null,
        'content-length': null,
        date: null,
        'x-accel-redirect': null,
        'x-openstack-request-id': null,
      });
      assert.deepEqual(others(await get(id)), others(await get(id, {})));
    });
  });

describe('accelRedirect', () => {
  const host = new Host(MOUNTS[0], 'disk', { accelRedirect: '/image-data' }).hooks();
  const get = downloads(host);
  let id: string;
  let checksum: string;
  before(async () => {
    const image = await new V2Client(host).upload(DATA);
    id = image.id;
    checksum = image.checksum ?? '';
  });

  it('gives the name for the ranges that nginx reads as the API does, and tells how much that is', async () => {
    const sent: number[] = [];
    const listen = (_image: unknown, { bytes }: { bytes: number }): void => void sent.push(bytes);
    host.served.registry.events.on('image.send', listen);
    for (const range of ['bytes=0-0', 'bytes=10-', 'bytes=-10', 'bytes=990-5000'])
      assert.match(redirectOf(await get(id, { ...TAKES_FILES, range })) ?? '', NAME, range);
    host.served.registry.events.off('image.send', listen);
    assert.deepEqual(sent, [1, 990, 10, 10]);
  });

  it('sends the bytes itself where nginx would answer otherwise', async () => {
    const long = '9'.repeat(30);
    for (const [headers, status] of [
      [{ range: `bytes=0-${long}` }, 206],
      [{ range: 'bytes= 0-9' }, 206],
      [{ range: 'BYTES=0-9' }, 206],
      [{ 'content-range': 'bytes 0-9/*' }, 206],
      [{ range: 'bytes=0-9', 'if-range': checksum }, 206],
      [{ range: 'bytes=0-9', 'if-range': '"other"' }, 200],
      [{ 'if-match': '"other"' }, 200],
      [{ 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' }, 200],
      [{ 'if-unmodified-since': 'Sat, 01 Jan 2000 00:00:00 GMT' }, 200],
    ] as const) {
      const answer = await get(id, { ...TAKES_FILES, ...headers });
      assert.deepEqual([answer.status, redirectOf(answer)], [status, undefined], JSON.stringify(headers));
      assert.ok(answer.body.length > 0);
    }
  });

  it('refuses before it names anything', async () => {
    const { id: queued } = await new V2Client(host).create();
    const { id: off } = await new V2Client(host).upload(DATA);
    await new V2Client(host, ADMIN).send('POST', `/v2/images/${off}/actions/deactivate`, '');
    for (const [image, headers, status, token] of [
      [id, { range: 'bytes=0-1,5-6' }, 400, ANN],
      [id, { range: `bytes=${DATA.length}-` }, 416, ANN],
      [id, { 'if-none-match': checksum }, 304, ANN],
      [queued, {}, 204, ANN],
      [off, {}, 403, ANN],
      [id, {}, 404, BOB],
      [id, {}, 401, null],
    ] as const) {
      const answer = await downloads(host, token)(image, { ...TAKES_FILES, ...headers });
      assert.deepEqual([answer.status, redirectOf(answer)], [status, undefined]);
    }
  });

  it('answers HEAD itself, without reading', async () => {
    const answer = await get(id, TAKES_FILES, 'HEAD');
    assert.deepEqual([answer.status, redirectOf(answer)], [200, undefined]);
    assert.equal(answer.headers['content-length'], String(DATA.length));
  });

  it('sends the data of v1 itself: the names of its headers are those of properties', async () => {
    const answer = await host.client().ask(`/v1/images/${id}`, { headers: TAKES_FILES });
    assert.equal(redirectOf(answer), undefined);
    assert.ok(answer.body.equals(DATA));
  });

  it('takes no other word for it', async () => {
    for (const word of ['', 'X-Sendfile', 'X-Accel-Redirect, X-Accel-Redirect', '/etc/passwd']) {
      const answer = await get(id, { 'x-sendfile-type': word, 'x-accel-mapping': '/=/etc/' });
      assert.deepEqual([redirectOf(answer), answer.body.length], [undefined, DATA.length], word);
    }
  });

  it('breaks the connection when the file has another size, and has no data when it is gone', async () => {
    const { id: damaged } = await new V2Client(host).upload(DATA);
    const [, file = ''] = NAME.exec(redirectOf(await get(damaged)) ?? '') ?? [];
    await truncate(path.join(host.folder, 'blobs', file), 10);
    await assert.rejects(get(damaged));
    await unlink(path.join(host.folder, 'blobs', file));
    const answer = await get(damaged);
    assert.deepEqual([answer.status, redirectOf(answer)], [404, undefined]);
  });
});

describe('accelRedirect.from', () => {
  const host = new Host(MOUNTS[0], 'disk', {
    accelRedirect: { prefix: '/image-data', from: ['192.0.2.0/24'] },
  }).hooks();

  it('has clients of other addresses get the bytes, and the operator one warning', async () => {
    const { id } = await new V2Client(host).upload(DATA);
    for (const _time of [1, 2]) assert.ok((await downloads(host)(id)).body.equals(DATA));
    const warnings = host.logged.filter(({ message }) => message.includes('X-Sendfile-Type'));
    assert.deepEqual(
      warnings.map(({ fields }) => fields),
      [{ address: '127.0.0.1' }],
    );
  });
});

describe('accelRedirect on a Unix socket', () => {
  for (const [title, from, isNamed] of [
    ['is for the proxy on this machine', undefined, true],
    ['is for nobody when addresses are named', ['127.0.0.1'], false],
  ] as const)
    it(title, async () => {
      const folder = await mkdtemp(path.join(os.tmpdir(), 'accel-'));
      const registry = createImageRegistry({
        authenticate: none(),
        metadata: new Keyv({ throwOnErrors: true }),
        blobs: diskStore({ path: folder }),
        accelRedirect: { prefix: '/image-data', ...(from === undefined ? {} : { from }) },
      });
      const { id } = await registry.images.create(ROOT, READY, { data: DATA });
      const server = http.createServer(express().use(registry));
      const socketPath = path.join(folder, 'socket');
      await new Promise<void>((resolve) => server.listen(socketPath, resolve));
      const request = http.get({ socketPath, path: `/v2/images/${id}/file`, headers: TAKES_FILES });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      response.resume();
      assert.equal(response.headers['x-accel-redirect'] !== undefined, isNamed);
      await once(response, 'end');
      request.destroy();
      await new Promise((resolve) => server.close(resolve));
      await registry.close();
      await rm(folder, { recursive: true });
    });
});

describe('accelRedirect with several stores', () => {
  let folder: string;
  let host: Host;
  const fileOf = (answer: Answer): string =>
    path.join(folder, (redirectOf(answer) ?? '').replace(/^\/image-data\/(fast|slow)\//, '$1/blobs/'));

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'accel-'));
    const [fast, slow] = ['fast', 'slow'].map((name) => diskStore({ path: path.join(folder, name) }));
    assert.ok(fast !== undefined && slow !== undefined);
    const stores = { fast, slow, quick: memoryStore() };
    host = new Host(MOUNTS[0], 'memory', {
      accelRedirect: '/image-data',
      blobs: { stores, defaultStore: 'fast' },
    });
    await host.start();
  });
  after(async () => {
    await host.stop();
    await rm(folder, { recursive: true });
  });

  it('names the store, and sends the bytes of one without files', async () => {
    const client = new V2Client(host);
    const { id } = await client.upload(DATA);
    const answer = await downloads(host)(id);
    assert.match(redirectOf(answer) ?? '', /^\/image-data\/fast\/[0-9a-f]{2}\/[a-z0-9-]+$/);
    assert.ok((await readFile(fileOf(answer))).equals(DATA));
    const { id: quick } = await client.create();
    await client.put(quick, DATA, { 'x-image-meta-store': 'quick' });
    assert.ok((await downloads(host)(quick)).body.equals(DATA));
  });

  it('goes on to the next place when a file has gone or has another size', async () => {
    const client = new V2Client(host, ADMIN);
    const get = downloads(host, ADMIN);
    const { id } = await client.upload(DATA);
    const body = { method: { name: 'copy-image' }, stores: ['slow', 'quick'] };
    assert.equal((await client.send('POST', `/v2/images/${id}/import`, body)).status, 202);
    await until('the copies are there', async () => (await client.show(id)).stores === 'fast,slow,quick');
    await truncate(fileOf(await get(id)), 10);
    const next = await get(id);
    assert.match(redirectOf(next) ?? '', /^\/image-data\/slow\//);
    await unlink(fileOf(next));
    const last = await get(id);
    assert.equal(redirectOf(last), undefined);
    assert.ok(last.body.equals(DATA));
  });
});

describe('accelRedirect and a store that names files elsewhere', () => {
  for (const file of ['../secret', '/etc/passwd', 'a/../b', 'a b', 'a%2fb', ''])
    it(`sends none of it: ${JSON.stringify(file)}`, async () => {
      const blobs: BlobStore = Object.assign(memoryStore(), { fileOf: () => file });
      const host = new Host(MOUNTS[0], 'memory', { accelRedirect: '/image-data', blobs });
      await host.start();
      const { id } = await new V2Client(host).upload(DATA);
      const answer = await downloads(host)(id);
      assert.deepEqual([answer.status, redirectOf(answer)], [503, undefined]);
      await host.stop();
    });
});

describe('the option accelRedirect', () => {
  const refused: readonly [options: object, message: RegExp][] = [
    ...['', 'image-data', '/', '/a/', '//a', '/a/../b', '/a/.b', '/a b', '/a%2f', '/a?b', '/a\r\nb'].map(
      (prefix): [object, RegExp] => [{ accelRedirect: prefix }, /option accelRedirect must be a path/],
    ),
    [{ accelRedirect: { from: ['127.0.0.1'] } }, /option accelRedirect must be a path/],
    [{ accelRedirect: { prefix: '/a', to: 1 } }, /option accelRedirect must be a path/],
    [{ accelRedirect: { prefix: '/a', from: [] } }, /option accelRedirect must be a path/],
    [{ accelRedirect: { prefix: '/a', from: ['localhost'] } }, /option accelRedirect\.from: "localhost"/],
    [{ accelRedirect: '/a', blobs: memoryStore() }, /option accelRedirect needs a disk store/],
    [{ accelRedirect: '/a', versions: ['v1'] }, /option accelRedirect needs v2/],
  ];
  for (const [options, message] of refused)
    it(`refuses ${JSON.stringify(options).slice(0, 60)}`, () => {
      const metadata = new Keyv({ throwOnErrors: true });
      assert.throws(() => createImageRegistry({ authenticate: none(), metadata, ...options }), message);
    });

  it('takes a path of several parts', () => {
    const metadata = new Keyv({ throwOnErrors: true });
    createImageRegistry({ authenticate: none(), metadata, accelRedirect: '/_files/image-data.1' });
  });
});
