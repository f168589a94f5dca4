import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import Keyv from 'keyv';
import {
  createImageRegistry,
  devTokens,
  memoryStore,
  prepareServer,
  type ImageRegistry,
} from '../../lib/index.js';
import { ADMIN, ANN } from '../support/mounts/host.js';
import { FORMATS, ImagesClient, OCTETS } from '../support/clients/images-client.js';
import { RawSocket, requestHead } from '../support/clients/raw-socket.js';
import { until } from '../support/until.js';

const MIB = 1024 * 1024;
const IDLE = 1000;

describe('a connection', () => {
  const sockets = new Set<Socket>();
  let registry: ImageRegistry;
  let server: http.Server;
  let url: string;
  let held: Promise<void> = Promise.resolve();
  let release = (): void => undefined;

  before(async () => {
    const identify = devTokens();
    registry = createImageRegistry({
      metadata: new Keyv({ throwOnErrors: true }),
      blobs: memoryStore(),
      authenticate: async (request) => {
        if (request.headers['x-slow'] !== undefined) await held;
        return identify(request);
      },
      unknownPaths: 'choices',
      logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    });
    await registry.ready();
    server = prepareServer(http.createServer(express().use(registry)), { idleTimeout: IDLE });
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    await registry.close();
  });

  function nothing(): void {
    // The log is of no interest here.
  }

  const uploadHead = (headers: Readonly<Record<string, string>>): string =>
    requestHead('POST', `${url}/v1/images`, {
      ...OCTETS,
      ...FORMATS,
      'X-Auth-Token': ANN,
      ...headers,
    });

  for (const [what, head] of [
    ['of HTTP/1.1 that is to be closed', (text: string) => text],
    ['of HTTP/1.0', (text: string) => text.replace('HTTP/1.1', 'HTTP/1.0')],
  ] as const)
    it(`${what} gives the answer to a client that sends all of a refused upload first`, async () => {
      const body = Buffer.alloc(8 * MIB);
      for (const refused of ['X-Image-Meta-Colour', 'X-Image-Meta-Store'])
        for (let round = 0; round < 5; round += 1) {
          const socket = await RawSocket.open(url);
          socket.pause();
          const headers = { [refused]: 'x', Connection: 'close', 'Content-Length': String(body.length) };
          await socket.send(head(uploadHead(headers)));
          for (let at = 0; at < body.length; at += MIB) {
            await socket.send(body.subarray(at, at + MIB));
            await new Promise((resolve) => setImmediate(resolve));
          }
          socket.resume();
          await socket.untilClosed();
          assert.match(socket.received, /^HTTP\/1.1 400 Bad Request\r\n[^]*(colour|store)/i);
        }
    });

  it('that its client has half closed behind the request gives the answer', async () => {
    const { id } = await new ImagesClient(url, ANN).upload(Buffer.alloc(4 * MIB, 'x'));
    for (const [path, size] of [
      ['/v1/images', 1],
      [`/v1/images/${id}`, 4 * MIB],
    ] as const) {
      const socket = await RawSocket.open(url);
      await socket.send(requestHead('GET', url + path, { 'X-Auth-Token': ANN }));
      socket.end();
      await socket.untilClosed();
      assert.match(socket.received, /^HTTP\/1.1 200 OK/);
      assert.ok(socket.received.length > size);
    }
    const socket = await RawSocket.open(url);
    await socket.send(`${uploadHead({ 'Content-Length': '4' })}data`);
    socket.end();
    await socket.untilClosed();
    assert.match(socket.received, /^HTTP\/1.1 201 Created/);
  });

  it('that its client has half closed is not worked for without end', async () => {
    held = new Promise((resolve) => (release = resolve));
    const before = sockets.size;
    const socket = await RawSocket.open(url);
    await socket.send(requestHead('GET', `${url}/v1/images`, { 'X-Auth-Token': ANN, 'X-Slow': '1' }));
    await until('it has come', () => sockets.size > before);
    socket.end();
    await socket.untilClosed();
    assert.equal(socket.received, '');
    release();
  });

  it('that is half closed in the midst of an upload is broken', async () => {
    const id = crypto.randomUUID();
    const socket = await RawSocket.open(url);
    await socket.send(`${uploadHead({ 'Content-Length': '100', 'X-Image-Meta-Id': id })}some data`);
    const client = new ImagesClient(url, ADMIN);
    await until('the upload goes on', async () => (await client.status(id)) === 'saving');
    socket.end();
    await socket.untilClosed();
    await until('the image is killed', async () => (await client.status(id)) === 'killed');
  });

  it('on which an upload stands still gives 408, and the image says why', async () => {
    const id = crypto.randomUUID();
    const socket = await RawSocket.open(url);
    await socket.send(`${uploadHead({ 'Content-Length': '100', 'X-Image-Meta-Id': id })}some data`);
    await socket.untilClosed();
    assert.match(socket.received, /^HTTP\/1.1 408 Request Timeout\r\n[^]*Connection: close\r\n/i);
    assert.match(socket.received, /the client was silent for too long/);
    assert.equal(await new ImagesClient(url, ADMIN).status(id), 'killed');
  });

  it('on which an upload goes on slowly is left alone', async () => {
    const socket = await RawSocket.open(url);
    await socket.send(uploadHead({ 'Content-Length': '10', Connection: 'close' }));
    for (let byte = 0; byte < 10; byte += 1) {
      await sleep(IDLE / 5);
      await socket.send('x');
    }
    await socket.untilClosed();
    assert.match(socket.received, /^HTTP\/1.1 201 Created/);
  });
});
