import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { mock } from 'node:test';
import { endAndDrain } from '../../lib/http/drain.js';
import { until } from '../support/until.js';

const MIB = 1024 * 1024;
const ANSWER = Buffer.from('refused');

describe('the body of a refused request', () => {
  const server = http.createServer((request, response) => {
    response.statusCode = 413;
    endAndDrain(request, response, ANSWER);
  });
  let request: http.ClientRequest;
  let socket: Socket;

  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  after(() => server.close());

  beforeEach(async () => {
    const { port } = server.address() as AddressInfo;
    const connected = once(server, 'connection') as Promise<[Socket]>;
    request = http.request({ port, method: 'POST', agent: false });
    request.on('error', () => undefined).write('the first byte');
    [socket] = await connected;
  });

  afterEach(() => {
    mock.reset();
    request.destroy();
  });

  it('is read until 64 MiB of it have come, and no further', async () => {
    // Time is not what ends it.
    mock.method(performance, 'now', () => 0);
    const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
    assert.equal(answer.statusCode, 413);
    const send = (bytes: number): Promise<void> =>
      new Promise((resolve) => void request.write(Buffer.alloc(bytes), () => resolve()));
    for (let sent = 0; sent < 60; sent += 4) await send(4 * MIB);
    await until('it has been read', () => socket.bytesRead >= 60 * MIB);
    assert.ok(!socket.destroyed);
    for (let sent = 60; sent < 72; sent += 4) void send(4 * MIB);
    await until('the connection is cut', () => socket.destroyed);
  });

  it('is waited for during 30 seconds, and no longer', async () => {
    const now = performance.now.bind(performance);
    const clock = { ahead: 0 };
    const looks = mock.method(performance, 'now', () => now() + clock.ahead);
    const lookTwice = async (): Promise<void> => {
      const before = looks.mock.callCount();
      await until('it is looked at', () => socket.destroyed || looks.mock.callCount() >= before + 2);
    };
    await once(request, 'response');
    // Some time passes besides, on a busy machine more of it.
    clock.ahead = 15_000;
    await lookTwice();
    assert.ok(!socket.destroyed);
    clock.ahead = 30_000;
    await until('the connection is cut', () => socket.destroyed);
  });
});
