import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ask } from '../support/clients/ask.js';
import { ANN, Host } from '../support/mounts/host.js';
import {
  withForm,
  withHeaders,
  withJson,
  withPath,
  withQuery,
  type Hostile,
} from '../support/clients/hostile-requests.js';
import { FORMATS } from '../support/clients/images-client.js';
import { RawSocket } from '../support/clients/raw-socket.js';
import { MOUNTS } from '../support/mounts/serve.js';

const RUNS = 25;

/** Sends the bytes of a request and gives the status of the answer that comes. */
async function send(url: string, hostile: Hostile, chunked: boolean): Promise<number> {
  const { method, path, headers, body } = hostile;
  const { host, pathname } = new URL(url);
  const names = headers.map(([name]) => name.toLowerCase());
  const all = [
    ...(names.includes('host') ? [] : [['Host', host] as const]),
    ['X-Auth-Token', ANN],
    ['Connection', 'close'],
    ...headers,
    ...(body === undefined
      ? []
      : [chunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(body.length)]]),
  ];
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const socket = await RawSocket.open(url);
  try {
    await socket.send(`${method} ${pathname.replace(/\/$/, '')}${path} HTTP/1.1\r\n${lines}\r\n`);
    if (body !== undefined && chunked) {
      if (body.length > 0) {
        await socket.send(`${body.length.toString(16)}\r\n`);
        await socket.send(body);
        await socket.send('\r\n');
      }
      await socket.send('0\r\n\r\n');
    } else if (body !== undefined) await socket.send(body);
    await socket.untilClosed();
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(socket.received) ?? [];
    return Number(status);
  } finally {
    socket.destroy();
  }
}

// mocha fails the run for every rejection and exception that nobody handles.
for (const [seed, mount] of MOUNTS.entries())
  describe(`whatever is sent, ${mount.name}`, () => {
    const host = new Host(mount, seed % 2 === 0 ? 'memory' : 'disk', { imageSizeCap: 100_000 }).hooks();
    const id = crypto.randomUUID();

    before(async () => {
      await host.client().reserve({ ...FORMATS, 'x-image-meta-id': id });
    });

    const requests = {
      headers: withHeaders(id),
      queries: withQuery,
      'paths and methods': withPath,
      'JSON bodies': withJson,
      'form bodies': withForm(id),
    };
    for (const [what, hostile] of Object.entries(requests))
      it(`as ${what} gets an answer that is no server error, and harms nobody`, async () => {
        await fc.assert(
          fc.asyncProperty(hostile, fc.boolean(), async (request, chunked) => {
            host.logged.length = 0;
            const status = await send(host.url, request, chunked);
            const said = JSON.stringify(host.logged, (_key, value: unknown) =>
              value instanceof Error ? value.stack : value,
            );
            assert.ok((status >= 200 && status < 500) || status === 501, `${status} ${said}`);
            assert.equal((await ask(`${host.url}/versions`)).status, 200);
          }),
          { numRuns: RUNS, seed: seed + 1 },
        );
      });

    it('has left a listing that can be read', async () => {
      for (const path of ['/v1/images?limit=1000', '/v1/images/detail?limit=1000&sort_key=name'])
        assert.equal((await host.client().ask(path)).status, 200);
    });
  });
