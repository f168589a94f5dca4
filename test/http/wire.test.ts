import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import Keyv from 'keyv';
import {
  callerOf,
  createImageRegistry,
  diskStore,
  KeyvLmdb,
  memoryStore,
  none,
  type ImageRegistry,
} from '../../lib/index.js';
import { RawSocket } from '../support/clients/raw-socket.js';
import { serve, type Served } from '../support/mounts/serve.js';

const ADMIN = callerOf({ user: 'root', project: 'ops', roles: ['admin'] });

describe('on the wire', () => {
  let served: Served;
  let atOnce = 0;
  let most = 0;

  before(async () => {
    served = await serve({
      metadata: new Keyv({ throwOnErrors: true }),
      blobs: memoryStore(),
      authenticate: async () => {
        atOnce += 1;
        most = Math.max(most, atOnce);
        await new Promise((resolve) => setImmediate(resolve));
        atOnce -= 1;
        return { user: 'ann', project: 'blue', roles: [] };
      },
    });
  });

  after(() => served.close());

  async function ask(head: string, body = ''): Promise<string> {
    const socket = await RawSocket.open(served.url);
    await socket.send(`${head}\r\nHost: x\r\nConnection: close\r\n\r\n${body}`);
    await socket.until(/\r\n\r\n/);
    return socket.received;
  }

  it('works on one of many pipelined requests at a time, and answers all of them', async () => {
    const socket = await RawSocket.open(served.url);
    const requests = Array.from({ length: 300 }, (_, n) => {
      const end = n === 299 ? 'Connection: close\r\n' : '';
      return `GET /v1/images?limit=${n + 1} HTTP/1.1\r\nHost: x\r\nX-Openstack-Request-Id: n${n}-\r\n${end}\r\n`;
    });
    most = 0;
    await socket.send(requests.join(''));
    await socket.until(/req-n299-/);
    const order = [...socket.received.matchAll(/req-n(\d+)-/g)].map(([, n]) => Number(n));
    assert.deepEqual(
      order,
      requests.map((_, n) => n),
    );
    assert.equal(most, 1);
  });

  it('refuses a transfer coding that it cannot undo', async () => {
    const head = 'POST /v1/images HTTP/1.1\r\nContent-Type: application/octet-stream\r\nX-Auth-Token: t';
    assert.match(await ask(`${head}\r\nTransfer-Encoding: gzip, chunked`, '0\r\n\r\n'), /^HTTP\/1.1 501 /);
  });

  it('refuses a change that a browser says comes from another site, though it tells no Origin', async () => {
    const head = 'POST /v1/images HTTP/1.1\r\nContent-Length: 0\r\nSec-Fetch-Site:';
    assert.match(await ask(`${head} cross-site`), /^HTTP\/1.1 403 /);
    assert.match(await ask(`${head} cross-site\r\nX-Auth-Token: t`), /^HTTP\/1.1 201 /);
    assert.match(await ask(`${head} same-origin`), /^HTTP\/1.1 201 /);
  });

  it('loses no header, however many there are', async () => {
    const many = Array.from({ length: 3000 }, (_, n) => `x-image-meta-property-p${n}: v`).join('\r\n');
    assert.match(await ask(`POST /v1/images HTTP/1.1\r\nContent-Length: 0\r\n${many}`), /would have 3000/);
  });
});

describe('the data folder', () => {
  it('is the same whether the registry opens it itself or the host app injects what is in it', async () => {
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'same-folder-'));
    const use = async (registry: ImageRegistry, id: string): Promise<void> => {
      await registry.ready();
      const data = { open: () => Readable.from([Buffer.from('data')]), length: 4 };
      const metadata = { id, disk_format: 'raw', container_format: 'bare' };
      await registry.images.create(ADMIN, metadata, { data });
      const report = await registry.verify();
      assert.deepEqual([report.ok, report.images], [true, Number(id.at(-1))]);
      await registry.close();
    };
    try {
      const id = '00000000-0000-4000-8000-00000000000';
      await use(createImageRegistry({ dataDir, authenticate: none() }), `${id}1`);
      const store = new KeyvLmdb({ path: path.join(dataDir, 'metadata') });
      const metadata = new Keyv({ store, throwOnErrors: true });
      const blobs = diskStore({ path: path.join(dataDir, 'blobs') });
      await use(createImageRegistry({ metadata, blobs, authenticate: none() }), `${id}2`);
      await metadata.disconnect();
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });
});
