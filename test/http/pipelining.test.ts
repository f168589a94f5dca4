import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import Keyv from 'keyv';
import { memoryStore } from '../../lib/index.js';
import { OCTETS } from '../support/clients/images-client.js';
import { RawSocket, requestHead } from '../support/clients/raw-socket.js';
import { MOUNTS, serve, type Served } from '../support/mounts/serve.js';
import { until } from '../support/until.js';

const KIB = 1024;

describe('requests that come before the answer to the one before them', () => {
  let served: Served;
  /** Heads that have been parsed, sockets that they came on, and requests whose client has gone. */
  let heads = 0;
  let gone = 0;
  let sockets = new Set<Socket>();
  let client: RawSocket;
  let release = (): void => undefined;
  let slow: Promise<void>;

  before(async () => {
    served = await serve(
      {
        metadata: new Keyv({ throwOnErrors: true }),
        blobs: memoryStore(),
        authenticate: async ({ headers }) => {
          if (headers['x-slow'] !== undefined) await slow;
          return { user: 'ann', project: 'blue', roles: [] };
        },
      },
      {
        ...MOUNTS[0],
        before: (app) =>
          app.use((request, response, next) => {
            heads += 1;
            sockets.add(request.socket);
            response.once('close', () => (gone += response.writableFinished ? 0 : 1));
            next();
          }),
      },
    );
  });

  after(() => served.close());

  beforeEach(async () => {
    [heads, gone, sockets] = [0, 0, new Set()];
    slow = new Promise((resolve) => (release = resolve));
    client = await RawSocket.open(served.url);
    await client.send(head('/v1/images', { 'X-Slow': '1' }));
    await until('the slow one is at work', () => heads === 1);
  });

  afterEach(() => {
    release();
    client.destroy();
  });

  const head = (path: string, headers: Readonly<Record<string, string>> = {}): string =>
    requestHead('GET', served.url + path, headers);
  const small = () => head('/v1/images?limit=1');

  it('are not parsed without end', async () => {
    const flood = client.send(small().repeat(200_000));
    await until('more has come', () => heads > 1);
    // Nothing else is to be seen of a socket that is not read: what was written in the meantime has reached the server.
    for (let turns = 0; turns < 200; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    const [{ bytesRead }] = sockets as unknown as [Socket];
    assert.ok(heads * small().length <= 128 * KIB, `${heads} heads`);
    assert.ok(bytesRead <= 512 * KIB, `${bytesRead} bytes were read`);
    client.destroy();
    await flood;
  });

  it('are answered, all of them and in their order', async () => {
    const many = Array.from({ length: 300 }, (_, n) =>
      head('/v1/images?limit=1', { 'X-Openstack-Request-Id': `n${n}-` }),
    );
    for (const part of [many.slice(0, 2), many.slice(2, 299)]) await client.send(part.join(''));
    await client.send(head('/v1/images', { 'X-Openstack-Request-Id': 'last', Connection: 'close' }));
    release();
    await client.untilClosed();
    const order = [...client.received.matchAll(/req-n(\d+)-/g)].map(([, n]) => Number(n));
    assert.deepEqual(
      order,
      Array.from({ length: 299 }, (_, n) => n),
    );
    assert.match(client.received, /req-last/);
  });

  it('keep their bodies', async () => {
    const body = Buffer.alloc(300 * KIB, 'x');
    const metadata = { 'X-Image-Meta-Disk_format': 'raw', 'X-Image-Meta-Container_format': 'bare' };
    const headers = { ...OCTETS, ...metadata, 'Content-Length': String(body.length) };
    await client.send(requestHead('POST', `${served.url}/v1/images`, headers));
    await until('the upload is parsed', () => heads === 2);
    await client.send(body.subarray(0, 200 * KIB));
    await client.send(body.subarray(200 * KIB));
    await client.send(head('/v1/images', { Connection: 'close' }));
    release();
    await client.untilClosed();
    assert.match(client.received, /HTTP\/1.1 201 Created/);
    assert.match(client.received, new RegExp(`"size":${body.length}`));
    assert.equal(client.received.match(/HTTP\/1.1 200 OK/g)?.length, 2);
  });

  it('do not hide that the client has gone', async () => {
    await client.send(small() + small());
    await until('more has come', () => heads === 3);
    client.destroy();
    await until('it is noticed', () => gone > 0);
  });

  it('may be answers at once in between', async () => {
    await client.send(small() + head('/versions').repeat(300));
    await client.send(small() + head('/versions').repeat(1000));
    await client.send(head('/versions', { Connection: 'close' }));
    release();
    await client.untilClosed();
    assert.equal(client.received.match(/HTTP\/1.1 200 OK/g)?.length, 1304);
  });
});
