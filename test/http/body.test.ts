import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { Request } from 'express';
import { bodyOf, readSmall } from '../../lib/http/body.js';
import { ReadBudget } from '../../lib/http/read-budget.js';
import { isRegistryError } from '../../lib/errors.js';

const BUDGET = { each: 1024 * 1024, all: 1024 * 1024 };

/** What a server has seen of a request. */
interface Seen {
  readonly whole: string | null;
  /** Whether it was read by a stream, which goes on listening for errors. */
  readonly byStream: boolean;
  readonly request: http.IncomingMessage;
}

describe('a small body', () => {
  const seen: Seen[] = [];
  let server: http.Server;
  let socket: net.Socket;
  /** What a request waits for before its body is looked at, as for its caller. */
  let wait = (): Promise<unknown> => Promise.resolve();

  const answer = async (request: http.IncomingMessage): Promise<string> => {
    await wait();
    const body = bodyOf(request as Request);
    const held = new ReadBudget(BUDGET).begin('somebody');
    try {
      const bytes = body === null ? null : await readSmall(body, 20, held);
      seen.push({ whole: bytes?.toString() ?? null, byStream: request.listenerCount('error') > 0, request });
      return 'read';
    } catch (error) {
      if (isRegistryError(error, 'too_large')) return 'too large';
      throw error;
    }
  };

  before(async () => {
    server = http.createServer((request, response) => {
      answer(request).then(
        (text) => response.end(text),
        () => response.destroy(),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(async () => {
    seen.length = 0;
    wait = () => Promise.resolve();
    socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
  });
  afterEach(() => void socket.destroy());
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Sends parts one after the other, and reads one answer. */
  const exchange = async (...parts: string[]): Promise<string> => {
    let text = '';
    const answered = new Promise<string>((resolve) => {
      socket.on('data', function hear(chunk: Buffer) {
        text += chunk.toString();
        const [, body = ''] = text.split('\r\n\r\n');
        if (body === '') return;
        socket.off('data', hear);
        resolve(body);
      });
    });
    for (const part of parts) {
      socket.write(part);
      for (let turns = 0; turns < 20; turns += 1) await turn();
    }
    return answered;
  };
  const head = (fields: string): string => `POST / HTTP/1.1\r\nHost: here\r\n${fields}\r\n\r\n`;

  it('that comes with its header is read at once, and the connection takes the next request', async () => {
    for (const [fields, sent] of [
      ['Content-Length: 5', 'hello'],
      ['Content-Length: 6', '"\u00f6\u00f6"'],
      ['Content-Length: 5', 'again'],
    ] as const)
      assert.equal(await exchange(head(fields) + sent), 'read');
    assert.deepEqual(
      seen.map(({ whole }) => whole),
      ['hello', '"öö"', 'again'],
    );
    assert.deepEqual(new Set(seen.map(({ byStream }) => byStream)), new Set([false]));
    assert.ok(seen.every(({ request }) => request.readableEnded));
  });

  it('is read at once when it has come in pieces while its caller was asked for', async () => {
    let tell = (): void => assert.fail('not asked');
    wait = () => new Promise<void>((resolve) => (tell = resolve));
    const done = exchange(head('Transfer-Encoding: chunked'), '3\r\nhel\r\n', '2\r\nlo\r\n', '0\r\n\r\n');
    for (let turns = 0; turns < 100; turns += 1) await turn();
    // All of it has been sent by now; a slow machine may have it a little later.
    tell();
    assert.equal(await done, 'read');
    assert.equal(seen[0]?.whole, 'hello');
  });

  it('that comes later, in pieces, is waited for', async () => {
    assert.equal(await exchange(head('Content-Length: 5'), 'he', 'll', 'o'), 'read');
    assert.equal(await exchange(head('Transfer-Encoding: chunked'), '2\r\nhe\r\n', '0\r\n\r\n'), 'read');
    assert.equal(await exchange(head('Content-Length: 0')), 'read');
    assert.deepEqual(
      seen.map(({ whole }) => whole),
      ['hello', 'he', null],
    );
  });

  it('may have as many bytes as the limit allows, whichever way it comes', async () => {
    const most = 'x'.repeat(20);
    assert.equal(await exchange(head('Content-Length: 20') + most), 'read');
    assert.equal(await exchange(`${head('Transfer-Encoding: chunked')}14\r\n${most}\r\n0\r\n\r\n`), 'read');
    assert.equal(
      await exchange(`${head('Transfer-Encoding: chunked')}15\r\n${most}x\r\n0\r\n\r\n`),
      'too large',
    );
  });
});
