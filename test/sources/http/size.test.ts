import assert from 'node:assert/strict';
import { HttpSource } from '../../../lib/sources/http/http-source.js';
import {
  assertRefused,
  failureOf,
  fakeLookup,
  loopbackSource,
  reasonsOf,
  startHttp,
  type Handler,
} from './loopback.js';

/** The size that a source tells. */
async function sizeAt(handle: Handler): Promise<number> {
  const server = await startHttp(handle);
  try {
    return await loopbackSource({ idleTimeout: 5_000 }).size(`${server.url}/image?signature=secret`);
  } finally {
    await server.close();
  }
}

/** Answers HEAD with `head` and all else with `get`. */
const either =
  (head: Handler, get: Handler): Handler =>
  (request, response) =>
    request.method === 'HEAD' ? head(request, response) : get(request, response);

const answer =
  (status: number, headers: Record<string, string | number> = {}, body = ''): Handler =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body);

const firstByte: Handler = (request, response) => {
  assert.equal(request.headers.range, 'bytes=0-0');
  response.writeHead(206, { 'content-range': 'bytes 0-0/70000', 'content-length': 1 }).end('x');
};

describe('the size of a source', () => {
  it('is what HEAD declares', async () => {
    assert.equal(await sizeAt(answer(200, { 'content-length': 4096 })), 4096);
  });

  for (const status of [400, 403, 405, 501]) {
    it(`is asked with a range when HEAD is answered with ${status}`, async () => {
      assert.equal(await sizeAt(either(answer(status), firstByte)), 70_000);
    });
  }

  it('is asked with a range when HEAD declares no length, or 0', async () => {
    assert.equal(await sizeAt(either(answer(200, { 'transfer-encoding': 'chunked' }), firstByte)), 70_000);
    assert.equal(await sizeAt(either(answer(200, { 'content-length': 0 }), firstByte)), 70_000);
  });

  it('is the Content-Length of a server that knows no ranges', async () => {
    const endless: Handler = (_request, response) => {
      response.writeHead(200, { 'content-length': 500_000 }).write('x'.repeat(1_000));
    };
    assert.equal(await sizeAt(either(answer(405), endless)), 500_000);
  });

  it('may be 0', async () => {
    assert.equal(await sizeAt(answer(200, { 'content-length': 0 })), 0);
    assert.equal(
      await sizeAt(
        either(answer(200, { 'content-length': 0 }), answer(416, { 'content-range': 'bytes */0' })),
      ),
      0,
    );
  });

  const untold: [string, Handler][] = [
    ['a chunked body', answer(200, { 'transfer-encoding': 'chunked' }, 'data')],
    [
      'a range of an unknown whole',
      either(answer(405), answer(206, { 'content-range': 'bytes 0-0/*' }, 'x')),
    ],
    ['a range without Content-Range', either(answer(405), answer(206, {}, 'x'))],
    [
      'a Content-Range in another unit',
      either(answer(405), answer(206, { 'content-range': 'lines 0-0/9' }, 'x')),
    ],
    [
      'a Content-Range that makes no sense',
      either(answer(405), answer(206, { 'content-range': 'bytes 9-2/5' }, 'x')),
    ],
    ['416 with a size', either(answer(405), answer(416, { 'content-range': 'bytes */9' }))],
    ['a length beyond what numbers can hold', answer(200, { 'content-length': '99999999999999999999' })],
  ];
  for (const [what, handle] of untold) {
    it(`is not told by ${what}`, async () => {
      await assertRefused(sizeAt(handle), /does not tell its size|Parse Error/);
    });
  }

  for (const status of [201, 204, 206, 401, 404, 410, 416, 429, 500, 503]) {
    it(`is refused when HEAD is answered with ${status}`, async () => {
      await assertRefused(sizeAt(answer(status)), new RegExp(`answers ${status}`));
    });
  }
  for (const status of [204, 400, 403, 404, 500]) {
    it(`is refused when GET is answered with ${status}`, async () => {
      await assertRefused(sizeAt(either(answer(405), answer(status))), new RegExp(`answers ${status}`));
    });
  }

  it('is not the length of a packed body', async () => {
    const packed = { 'content-length': 5, 'content-encoding': 'gzip' };
    await assertRefused(sizeAt(answer(200, packed)), /packed/);
    await assertRefused(sizeAt(either(answer(405), answer(200, packed, 'xxxxx'))), /packed/);
    assert.equal(await sizeAt(answer(200, { 'content-length': 5, 'content-encoding': 'identity' })), 5);
  });

  it('is too large beyond the cap', async () => {
    assert.equal(await sizeAt(answer(200, { 'content-length': 1_048_576 })), 1_048_576);
    const error = await failureOf(sizeAt(answer(200, { 'content-length': 1_048_577 })));
    assert.equal(error.code, 'too_large');
    assert.equal(error.publicText, 'The source is larger than the limit of 1048576 bytes.');
  });
});

describe('what a client learns of a source that cannot be fetched', () => {
  it('is the same for a closed port, a forbidden address, a missing name, and a missing or broken answer', async () => {
    const closed = await startHttp(answer(200));
    await closed.close();
    const nothing = await startHttp((request) => request.socket.destroy());
    const missing = await startHttp(answer(404, {}, 'secret words'));
    const unknown: HttpSource = loopbackSource({
      lookup: (_name, _options, callback) =>
        callback(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }), ''),
    });
    const works: [() => Promise<number>, RegExp][] = [
      [() => loopbackSource().size(`${closed.url}/?signature=secret`), /ECONNREFUSED/],
      [() => loopbackSource().size('http://169.254.169.254/?signature=secret'), /not allowed/],
      [
        () =>
          loopbackSource({ lookup: fakeLookup('10.0.0.1').lookup }).size(
            'http://a.example/?signature=secret',
          ),
        /not/,
      ],
      [
        () => loopbackSource({ hosts: ['a.example'] }).size('http://b.example/?signature=secret'),
        /not allowed/,
      ],
      [() => unknown.size('http://a.example/?signature=secret'), /ENOTFOUND/],
      [() => loopbackSource().size(`${nothing.url}/?signature=secret`), /socket hang up|without an answer/],
      [() => loopbackSource().size(`${missing.url}/?signature=secret`), /answers 404/],
    ];
    try {
      for (const [work, reason] of works) {
        const failing = work();
        await assertRefused(failing, reason);
        const error = await failureOf(failing);
        assert.doesNotMatch(`${error.message} ${reasonsOf(error)} ${String(error.stack)}`, /secret/);
      }
    } finally {
      await nothing.close();
      await missing.close();
    }
  });

  it('is nothing of the address either when an image cannot be read', async () => {
    const missing = await startHttp(answer(404));
    try {
      const error = await failureOf(loopbackSource().read(`${missing.url}/private/path?signature=secret`));
      assert.equal(error.code, 'unavailable');
      assert.doesNotMatch(error.publicText, /127\.0\.0\.1|private|secret/);
      assert.doesNotMatch(reasonsOf(error), /secret/);
      assert.match(error.message, /127\.0\.0\.1:\d+\/private\/path\?… cannot be fetched/);
    } finally {
      await missing.close();
    }
  });
});
