import assert from 'node:assert/strict';
import { until } from '../../support/until.js';
import { bytesOf, loopbackSource, startHttp, startRaw, type Loopback } from './loopback.js';

describe('a fetch that is over', () => {
  /** Answers each request with the next of these, and leaves the connection open. */
  const leaves = (...answers: string[]): Promise<Loopback> =>
    startRaw((socket) => void socket.write(`HTTP/1.1 ${answers.shift() ?? '500 Oh'}\r\n\r\n`));

  const cases: [string, string[]][] = [
    ['HEAD', ['200 OK\r\ncontent-length: 9']],
    [
      'HEAD and GET',
      ['405 No\r\ncontent-length: 9', '206 OK\r\ncontent-range: bytes 0-0/9\r\ncontent-length: 1'],
    ],
    ['redirects', ['302 Found\r\nlocation: /next\r\ncontent-length: 9', '200 OK\r\ncontent-length: 9']],
  ];
  for (const [what, answers] of cases) {
    it(`leaves no connection behind after ${what}`, async () => {
      const server = await leaves(...answers);
      try {
        assert.equal(await loopbackSource().size(server.url), 9);
        assert.equal(server.connections(), answers.length);
        await until('the connections are closed', () => server.open() === 0);
      } finally {
        await server.close();
      }
    });
  }

  it('leaves no connection behind after the last byte', async () => {
    const server = await leaves(
      '200 OK\r\ntransfer-encoding: chunked\r\nconnection: keep-alive\r\n\r\n1\r\n1\r\n0',
    );
    try {
      assert.equal(String(await bytesOf(loopbackSource().read(server.url))), '1');
      await until('the connections are closed', () => server.open() === 0);
    } finally {
      await server.close();
    }
  });

  it('leaves no connection behind after a refused answer', async () => {
    const server = await leaves('200 OK\r\ncontent-length: 9', '404 Gone\r\ncontent-length: 9');
    try {
      await assert.rejects(loopbackSource().read(server.url, { size: 8 }));
      await assert.rejects(loopbackSource().read(server.url));
      await until('the connections are closed', () => server.open() === 0);
    } finally {
      await server.close();
    }
  });

  it('leaves no timer behind', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const server = await startHttp((request, response) => {
      if (request.url === '/gone') response.writeHead(404).end();
      else response.writeHead(200, { 'content-length': 5 }).end('12345');
    });
    try {
      const before = timers();
      for (let count = 0; count < 10; count += 1) {
        await assert.rejects(loopbackSource().size(`${server.url}/gone`));
        await assert.rejects(loopbackSource().read(`${server.url}/gone`));
        await loopbackSource().size(server.url);
        await bytesOf(loopbackSource().read(server.url));
        await bytesOf(loopbackSource().read(server.url, { start: 5, size: 5 }));
        (await loopbackSource().read(server.url)).destroy();
      }
      await until('the timers are gone', () => timers() < before + 10);
    } finally {
      await server.close();
    }
  });
});

describe('a fetch that is aborted', () => {
  const reason = new Error('the client has gone');
  let silent: Loopback;
  let started: Loopback;
  before(async () => {
    silent = await startRaw(() => undefined);
    started = await startHttp((_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('12345');
    });
  });
  after(async () => {
    await silent.close();
    await started.close();
  });

  it('ends before it begins', async () => {
    const connections = silent.connections();
    const signal = AbortSignal.abort(reason);
    await assert.rejects(loopbackSource().size(silent.url, signal), reason);
    await assert.rejects(loopbackSource().read(silent.url, { signal }), reason);
    assert.equal(silent.connections(), connections);
  });

  it('ends while the name is looked up', async () => {
    const controller = new AbortController();
    const source = loopbackSource({ lookup: () => controller.abort(reason) });
    await assert.rejects(source.size('http://name.example/', controller.signal), reason);
  });

  it('ends while the answer is awaited, with its connection', async () => {
    for (const work of ['size', 'read'] as const) {
      const controller = new AbortController();
      const { signal } = controller;
      const source = loopbackSource();
      const pending = work === 'size' ? source.size(silent.url, signal) : source.read(silent.url, { signal });
      const rejected = assert.rejects(pending, reason);
      await until('the source is asked', () => silent.open() === 1);
      controller.abort(reason);
      await rejected;
      await until('the connection is closed', () => silent.open() === 0);
    }
  });

  it('ends amid the data, with its connection', async () => {
    const controller = new AbortController();
    const stream = await loopbackSource().read(started.url, { signal: controller.signal });
    stream.once('data', () => controller.abort(reason));
    await assert.rejects(bytesOf(stream), reason);
    await until('the connection is closed', () => started.open() === 0);
  });

  it('ends with its connection when the stream is destroyed, read or not', async () => {
    for (const readFirst of [false, true]) {
      const stream = await loopbackSource().read(started.url);
      if (readFirst) await new Promise((resolve) => stream.once('data', resolve));
      assert.equal(started.open(), 1);
      stream.destroy();
      await until('the connection is closed', () => started.open() === 0);
    }
  });

  it('does nothing when it comes late', async () => {
    const server = await startHttp((_request, response) => {
      response.writeHead(200, { 'content-length': 5 }).end('12345');
    });
    try {
      const controller = new AbortController();
      const { signal } = controller;
      assert.equal(await loopbackSource().size(server.url, signal), 5);
      assert.equal(String(await bytesOf(loopbackSource().read(server.url, { signal }))), '12345');
      controller.abort(reason);
      await until('the connections are closed', () => server.open() === 0);
    } finally {
      await server.close();
    }
  });
});
