import assert from 'node:assert/strict';
import { HttpSource } from '../../../lib/sources/http/http-source.js';
import {
  assertBroken,
  assertRefused,
  bytesOf,
  fakeLookup,
  loopbackSource,
  startHttp,
  type Loopback,
} from './loopback.js';

describe('redirects of a source', () => {
  let server: Loopback;
  let forbidden: Loopback;
  let seen: { method: string; url: string; headers: Record<string, unknown> }[];

  before(async () => {
    forbidden = await startHttp((_request, response) => {
      response.writeHead(200, { 'content-length': 6 }).end('secret');
    }, '0.0.0.0');
    server = await startHttp((request, response) => {
      const url = new URL(request.url ?? '', 'http://x');
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
      const steps = /^\/steps\/(\d+)$/.exec(url.pathname)?.[1];
      if (url.pathname === '/data') response.writeHead(200, { 'content-length': 4 }).end('data');
      else if (steps !== undefined) {
        const left = Number(steps) - 1;
        response
          .writeHead(302, { location: left === 0 ? '/data' : `/steps/${left}`, 'set-cookie': 'a=b' })
          .end();
      } else if (url.pathname === '/nowhere') response.writeHead(302).end();
      else if (url.pathname === '/long') response.writeHead(302, { location: `/${'x'.repeat(8192)}` }).end();
      else {
        const location = Buffer.from(url.searchParams.get('to') ?? '', 'utf8').toString('latin1');
        response.writeHead(Number(url.searchParams.get('code') ?? 302), { location });
        // The body of a redirect is never waited for.
        if (request.method === 'GET') response.write(Buffer.from('x'));
        else response.end();
      }
    });
  });
  beforeEach(() => {
    seen = [];
  });
  after(async () => {
    await server.close();
    await forbidden.close();
  });

  const to = (location: string, code = 302): string =>
    `${server.url}/go?code=${code}&to=${encodeURIComponent(location)}`;

  for (const code of [301, 302, 303, 307, 308]) {
    it(`follows ${code} with the same method and range, and nothing secret`, async () => {
      const source = loopbackSource();
      assert.equal(await source.size(to('/data', code)), 4);
      assert.deepEqual(
        seen.map(({ method }) => method),
        ['HEAD', 'HEAD'],
      );
      seen = [];
      assert.equal(
        String(await bytesOf(source.read(to('/data', code), { start: 1, end: 2, size: 4 }))),
        'at',
      );
      for (const { method, headers } of seen) {
        assert.equal(method, 'GET');
        assert.deepEqual(headers, {
          host: `127.0.0.1:${server.port}`,
          'user-agent': 'express-image-registry',
          accept: '*/*',
          'accept-encoding': 'identity',
          range: 'bytes=1-2',
          connection: 'close',
        });
      }
    });
  }

  for (const location of ['/data', 'data', '../../data', './data#part', '?code=301&to=/data', '']) {
    it(`reads the Location ${JSON.stringify(location)} relative to where it came from`, async () => {
      const work = loopbackSource().size(to(location));
      if (location === '') await assertRefused(work, /redirects go round in a circle/);
      else assert.equal(await work, 4);
    });
  }

  it('follows five and no more, unless told otherwise', async () => {
    assert.equal(await loopbackSource().size(`${server.url}/steps/5`), 4);
    await assertRefused(loopbackSource().size(`${server.url}/steps/6`), /more than 5 redirects/);
    assert.equal(seen.length, 6 + 6);
    assert.equal(await loopbackSource({ maxRedirects: 6 }).size(`${server.url}/steps/6`), 4);
    await assertRefused(
      loopbackSource({ maxRedirects: 0 }).size(`${server.url}/steps/1`),
      /more than 0 redirects/,
    );
    await assertBroken(loopbackSource().read(`${server.url}/steps/6`), /more than 5 redirects/);
  });

  it('stops at a circle', async () => {
    const around = await startHttp((request, response) => {
      response.writeHead(302, { location: request.url === '/a' ? '/b' : '/a' }).end();
    });
    try {
      await assertRefused(loopbackSource().size(`${around.url}/a`), /round in a circle/);
      assert.equal(around.connections(), 2);
    } finally {
      await around.close();
    }
  });

  it('keeps no cookies', async () => {
    await loopbackSource().size(`${server.url}/steps/3`);
    assert.ok(seen.every(({ headers }) => headers.cookie === undefined));
  });

  it('refuses a redirect without a Location', async () => {
    await assertRefused(loopbackSource().size(`${server.url}/nowhere`), /no readable address/);
  });

  it('refuses a redirect to an overlong address', async () => {
    await assertRefused(loopbackSource().size(`${server.url}/long`), /overlong/);
    assert.equal(seen.length, 1);
  });

  it('follows neither 300 nor 304 nor 305', async () => {
    for (const code of [300, 304, 305]) {
      await assertRefused(loopbackSource().size(to('/data', code)), new RegExp(`answers ${code}`));
    }
    assert.equal(seen.length, 3);
  });

  const traps: [string, RegExp][] = [
    ['http://127.0.0.2:PORT/', /127\.0\.0\.2 .* not allowed/],
    ['//127.0.0.2:PORT/', /127\.0\.0\.2 .* not allowed/],
    ['/\\127.0.0.2:PORT/', /127\.0\.0\.2 .* not allowed/],
    ['\\\\127.0.0.2:PORT/', /127\.0\.0\.2 .* not allowed/],
    ['http:\\\\127.0.0.2:PORT\\', /127\.0\.0\.2 .* not allowed/],
    ['http://2130706434:PORT/', /127\.0\.0\.2 .* not allowed/],
    ['http://0x7f.2:PORT/', /127\.0\.0\.2 .* not allowed/],
    ['http://0177.0.0.2:PORT/', /127\.0\.0\.2 .* not allowed/],
    ['http://１２７.0.0.2:PORT/', /127\.0\.0\.2 .* not allowed/],
    ['http://[::ffff:127.0.0.1]:PORT/', /::ffff:7f00:1 .* not allowed/],
    ['http://[::1]:PORT/', /::1 .* not allowed/],
    ['http://169.254.169.254/latest/meta-data/', /169\.254\.169\.254 .* not allowed/],
    ['http://inner.example:PORT/', /127\.0\.0\.2 .* not allowed/],
    ['http://ann:secret@127.0.0.1:PORT/', /credentials/],
    ['http://127.0.0.1@127.0.0.2:PORT/', /credentials/],
    ['file:///etc/passwd', /the scheme file/],
    ['ftp://127.0.0.1:PORT/', /the scheme ftp/],
    ['gopher://127.0.0.1:PORT/x', /the scheme gopher/],
    ['data:text/plain,x', /the scheme data/],
    ['http://', /no readable address/],
    ['http://127.0.0.1:99999/', /no readable address/],
  ];
  for (const [location, reason] of traps) {
    it(`does not go to ${location.slice(0, 60)}`, async () => {
      const source = loopbackSource({ lookup: fakeLookup('127.0.0.2').lookup });
      const trap = to(location.replace('PORT', String(forbidden.port)));
      await assertRefused(source.size(trap), reason);
      await assertBroken(source.read(trap), reason);
      await assertRefused(source.size(to(trap)), reason);
      assert.equal(forbidden.connections(), 0);
    });
  }

  it('holds the redirect to the rule for hosts and schemes', async () => {
    const rules = { networks: ['127.0.0.0/8'], sizeCap: 10, hosts: ['127.0.0.1'] };
    await assertRefused(
      new HttpSource(rules).size(to(`http://127.0.0.2:${forbidden.port}/`)),
      /the host 127\.0\.0\.2 is not allowed/,
    );
    await assertRefused(
      new HttpSource({ ...rules, schemes: ['http'] }).size(to(`https://127.0.0.1:${forbidden.port}/`)),
      /the scheme https/,
    );
    assert.equal(forbidden.connections(), 0);
  });
});
