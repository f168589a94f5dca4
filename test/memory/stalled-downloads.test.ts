import assert from 'node:assert/strict';
import fs, { type FileHandle } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { RawSocket, requestHead } from '../support/clients/raw-socket.js';
import { ANN, Host } from '../support/mounts/host.js';
import { until } from '../support/until.js';

const CLIENTS = 20;
/** As docs/performance.md has it, bytes. */
const HELD = 2 * 512 * 1024;
const SIZE = 32 * 1024 * 1024;

/** What libuv has taken and the system has not. */
function queued(socket: Socket): number {
  const { writeQueueSize = 0 } = (socket as { _handle?: { writeQueueSize?: number } })._handle ?? {};
  return writeQueueSize;
}

describe('downloads whose clients do not read', () => {
  const host = new Host(undefined, 'disk').hooks();
  const sockets = new Set<Socket>();
  let bytesRead = 0;
  let prototype: FileHandle;
  let read: FileHandle['read'];

  before(async () => {
    const handle = await fs.open('/dev/null');
    prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    read = Reflect.get(prototype, 'read');
    Reflect.set(
      prototype,
      'read',
      async function (this: FileHandle, ...args: Parameters<FileHandle['read']>) {
        const done = await read.apply(this, args);
        bytesRead += done.bytesRead;
        return done;
      },
    );
  });

  after(() => Reflect.set(prototype, 'read', read));

  for (const version of ['v1', 'v2'])
    it(`hold no more than a MiB each, however many there are, through ${version}`, async () => {
      const { id } = await host.client().upload(Buffer.alloc(SIZE));
      const server = host.served.server;
      server.on('connection', (socket: Socket) => sockets.add(socket));
      bytesRead = 0;
      const path = version === 'v1' ? `/v1/images/${id}` : `/v2/images/${id}/file`;
      const clients = await Promise.all(
        Array.from({ length: CLIENTS }, async () => {
          const client = await RawSocket.open(host.url);
          client.pause();
          await client.send(requestHead('GET', `${host.url}${path}`, { 'X-Auth-Token': ANN }));
          return client;
        }),
      );
      let last = -1;
      await until('nothing moves any more', async () => {
        const moved = bytesRead !== last || bytesRead === 0;
        last = bytesRead;
        await new Promise((resolve) => setTimeout(resolve, 300));
        return !moved;
      });
      let sent = 0;
      for (const socket of sockets) sent += socket.bytesWritten - socket.writableLength - queued(socket);
      const held = (bytesRead - sent) / CLIENTS;
      assert.ok(bytesRead < CLIENTS * SIZE, 'all of it was read');
      for (const client of clients) client.destroy();
      sockets.clear();
      assert.ok(held <= HELD, `${Math.round(held / 1024)} KiB are held for each`);
    });
});
