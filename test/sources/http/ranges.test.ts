import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { until } from '../../support/until.js';
import {
  assertBroken,
  bytesOf,
  failureOf,
  loopbackSource,
  startHttp,
  type Handler,
  type Loopback,
} from './loopback.js';

const DATA = Buffer.from(Array.from({ length: 200_000 }, (_value, index) => (index * 31) % 251));

/** Serves DATA, with ranges. */
const ranged: Handler = (request, response) => {
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  if (first === '') {
    response.writeHead(200, { 'content-length': DATA.length }).end(DATA);
    return;
  }
  const [start, end] = [Number(first), Math.min(DATA.length - 1, last === '' ? Infinity : Number(last))];
  if (start >= DATA.length) {
    response.writeHead(416, { 'content-range': `bytes */${DATA.length}` }).end();
    return;
  }
  response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${DATA.length}` });
  response.end(DATA.subarray(start, end + 1));
};

const plain: Handler = (_request, response) =>
  void response.writeHead(200, { 'content-length': DATA.length }).end(DATA);

const chunked: Handler = (_request, response) => {
  for (let at = 0; at < DATA.length; at += 9_000) response.write(DATA.subarray(at, at + 9_000));
  response.end();
};

const SIZE = DATA.length;

for (const [name, handle, size] of [
  ['that knows ranges', ranged, undefined],
  ['that knows ranges, of known size', ranged, SIZE],
  ['that ignores ranges', plain, undefined],
  ['that ignores ranges, of known size', plain, SIZE],
  ['that sends chunks and ignores ranges', chunked, undefined],
  ['that sends chunks and ignores ranges, of known size', chunked, SIZE],
] as const) {
  describe(`bytes of a source ${name}`, () => {
    let server: Loopback;
    before(async () => {
      server = await startHttp(handle);
    });
    after(() => server.close());

    const read = (range: { start?: number; end?: number }): Promise<Buffer> =>
      bytesOf(loopbackSource().read(server.url, { ...range, ...(size === undefined ? {} : { size }) }));

    for (const [start, end] of [
      [undefined, undefined],
      [0, undefined],
      [0, 0],
      [0, SIZE - 1],
      [1, 1],
      [70_000, 140_000],
      [199_999, 199_999],
      [199_999, undefined],
      [65_536, undefined],
    ]) {
      it(`are those from ${String(start)} to ${String(end)}`, async () => {
        const range = { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
        const bytes = await read(range);
        const wanted = DATA.subarray(start ?? 0, end === undefined ? undefined : end + 1);
        assert.equal(bytes.length, wanted.length);
        assert.ok(bytes.equals(wanted));
      });
    }

    it('fail beyond its end', async () => {
      const options = size === undefined ? {} : { size };
      const failing = (start: number, end?: number): Promise<void> =>
        assertBroken(
          loopbackSource().read(server.url, { start, ...(end === undefined ? {} : { end }), ...options }),
          /shorter|another range|answers 416|ends after/,
        );
      await failing(SIZE, SIZE);
      await failing(SIZE - 5, SIZE);
      await failing(SIZE + 1);
      await failing(0, SIZE);
    });

    it('are let go with the connection when nobody wants more', async () => {
      const stream = await loopbackSource().read(server.url, { start: 5 });
      stream.destroy();
      await until('the connection is closed', () => server.open() === 0);
    });
  });
}

describe('a range of a source', () => {
  let server: Loopback;
  let status: number;
  let headers: Record<string, string | number>;
  before(async () => {
    server = await startHttp((_request, response) => {
      response.writeHead(status, headers).end('0123456789');
    });
  });
  after(() => server.close());

  const read = (range: { start?: number; end?: number; size?: number }): Promise<void> =>
    assertBroken(
      loopbackSource().read(server.url, range),
      /another range|more or less|not \d+|answers|does not tell|shorter/,
    );

  for (const [what, contentRange] of [
    ['that begins elsewhere', 'bytes 10-19/100'],
    ['that ends elsewhere', 'bytes 20-30/100'],
    ['of a source of another size', 'bytes 20-29/101'],
    ['without a name', undefined],
    ['in another unit', 'pages 20-29/100'],
    ['that ends before it begins', 'bytes 29-20/100'],
    ['beyond its own size', 'bytes 20-29/25'],
    ['that is no range', 'bytes */100'],
    ['that is a list', 'bytes 20-24,25-29/100'],
  ] as const) {
    it(`${what} is refused`, async () => {
      status = 206;
      headers = contentRange === undefined ? {} : { 'content-range': contentRange };
      await read({ start: 20, end: 29, size: 100 });
    });
  }

  it('with another length than it declares is refused', async () => {
    status = 206;
    headers = { 'content-range': 'bytes 20-28/100', 'content-length': 10 };
    await read({ start: 20, end: 28 });
  });

  it('that nobody asked for is refused', async () => {
    status = 206;
    headers = { 'content-range': 'bytes 0-9/10' };
    await read({});
  });

  it('without an end, of a source of unknown size, is refused', async () => {
    status = 206;
    headers = { 'content-range': 'bytes 20-29/*' };
    await read({ start: 20 });
  });

  it('with an end, of a source of unknown size, is read', async () => {
    status = 206;
    headers = { 'content-range': 'bytes 20-29/*' };
    assert.equal(
      String(await bytesOf(loopbackSource().read(server.url, { start: 20, end: 29 }))),
      '0123456789',
    );
  });

  it('that starts at the end is empty', async () => {
    const connections = server.connections();
    assert.equal((await bytesOf(loopbackSource().read(server.url, { start: 10, size: 10 }))).length, 0);
    assert.equal(server.connections(), connections);
  });

  it('that is none is a RangeError', async () => {
    for (const range of [
      { start: -1 },
      { start: 5, end: 4 },
      { start: 1.5 },
      { end: Number.POSITIVE_INFINITY },
    ]) {
      await assert.rejects(loopbackSource().read(server.url, range), RangeError);
    }
  });

  it('counts against the cap from the beginning of the source', async () => {
    status = 206;
    headers = { 'content-range': 'bytes 20-29/100' };
    const source = loopbackSource({ sizeCap: 99 });
    const codeOf = async (size?: number): Promise<string> =>
      (
        await failureOf(
          source.read(server.url, { start: 20, end: 29, ...(size === undefined ? {} : { size }) }),
        )
      ).code;
    assert.equal(await codeOf(), 'too_large');
    assert.equal(await codeOf(100), 'too_large');
    headers = { 'content-range': 'bytes 99-108/*' };
    const read = bytesOf(source.read(server.url, { start: 99, end: 108 }));
    assert.equal((await failureOf(read)).code, 'too_large');
  });
});

describe('a large source', () => {
  it('passes whole, and no faster than it is read', async () => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    const count = 1024;
    let sent = 0;
    const server = await startHttp((_request, response) => {
      response.writeHead(200, { 'content-length': piece.length * count });
      const more = (): void => {
        while (sent < piece.length * count) {
          sent += piece.length;
          if (!response.write(piece)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    });
    try {
      const stream = await loopbackSource({ sizeCap: piece.length * count }).read(server.url);
      const [hash, expected] = [createHash('md5'), createHash('md5')];
      let received = 0;
      let ahead = 0;
      for await (const bytes of stream as AsyncIterable<Buffer>) {
        // Others get their turn, so that a source that did not wait would run ahead.
        for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
        hash.update(bytes);
        received += bytes.length;
        ahead = Math.max(ahead, sent - received);
        assert.ok(stream.readableLength <= 8 * piece.length, `${stream.readableLength} bytes in memory`);
      }
      for (let index = 0; index < count; index += 1) expected.update(piece);
      assert.equal(received, piece.length * count);
      assert.equal(hash.digest('hex'), expected.digest('hex'));
      // What the two sockets of the system hold is a few MiB.
      assert.ok(ahead < received / 2, `${ahead} bytes were on their way`);
    } finally {
      await server.close();
    }
  });
});
