import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import express from 'express';
import Keyv from 'keyv';
import { callerOf } from '../../lib/domain/identity.js';
import {
  createImageRegistry,
  memoryStore,
  none,
  prepareServer,
  type ImageRegistry,
} from '../../lib/index.js';
import { until } from '../support/until.js';

const IMAGES = 60;
/** Bytes that Node keeps for a socket whose client reads nothing: a piece of the list and what it has cut off before. */
const HELD = 2 * 1024 * 1024;

describe('lists of large images', () => {
  let registry: ImageRegistry;
  let server: http.Server;
  let base: string;
  const sockets = new Set<Socket>();

  before(async () => {
    registry = createImageRegistry({
      metadata: new Keyv({ throwOnErrors: true }),
      blobs: memoryStore(),
      authenticate: none(),
      sweepInterval: 0,
    });
    await registry.ready();
    const caller = callerOf({ user: 'u', project: 'p', roles: ['admin'] });
    const properties = Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [`key_${n}`, `ü${'x'.repeat(2000)}`]),
    );
    for (let n = 0; n < IMAGES; n += 1) await registry.images.create(caller, { name: `${n}`, properties });
    server = prepareServer(http.createServer(express().use(registry))).listen(0, '127.0.0.1');
    server.on('connection', (socket) => sockets.add(socket));
    await new Promise((resolve) => server.once('listening', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(async () => {
    server.closeAllConnections();
    server.close();
    await registry.close();
  });

  const held = (): number => Math.max(0, ...[...sockets].map(({ writableLength }) => writableLength));

  for (const path of ['/v1/images/detail?limit=50&is_public=none', '/v2/images?limit=50'])
    it(`come whole, with what stands behind them: ${path}`, async () => {
      const answer = await fetch(base + path);
      assert.equal(answer.headers.get('content-length'), null);
      const { images, next } = (await answer.json()) as { images: { id: string }[]; next: string };
      assert.equal(new Set(images.map(({ id }) => id)).size, 50);
      const rest = (await (await fetch(new URL(next, base))).json()) as { images: object[]; next?: string };
      assert.equal(rest.images.length, IMAGES - 50);
      assert.equal(rest.next, undefined);
    });

  it('are written no faster than they are read, and no more when the client has gone', async () => {
    for (const socket of sockets) socket.destroy();
    const request = http.get(`${base}/v2/images?limit=1000`);
    const answer = await new Promise<http.IncomingMessage>((resolve) => request.once('response', resolve));
    answer.pause();
    await until('the socket is full', () => held() > 0);
    assert.ok(held() < HELD, `${held()} bytes are held`);
    request.destroy();
    await until('the socket is closed', () => [...sockets].every(({ destroyed }) => destroyed));
  });

  it('that are short have a length, as ever', async () => {
    const answer = await fetch(`${base}/v2/images?limit=1`);
    const { byteLength } = await answer.arrayBuffer();
    assert.equal(answer.headers.get('content-length'), String(byteLength));
  });
});
