import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { mock } from 'node:test';
import { gzipSync } from 'node:zlib';
import { isRegistryError } from '../../../lib/errors.js';
import { LeastRate } from '../../../lib/sources/http/least-rate.js';
import { until } from '../../support/until.js';
import {
  assertBroken,
  assertRefused,
  bytesOf,
  failureOf,
  loopbackSource,
  startHttp,
  startRaw,
  type Loopback,
} from './loopback.js';

/** Small, so that the tests end soon; what they assert is only that there is an end. */
const IMPATIENT = { connectTimeout: 150, idleTimeout: 150 };

/** A source that answers every connection like this. */
async function against(
  answer: string | Buffer | ((socket: Socket) => void),
  test: (server: Loopback) => Promise<void>,
): Promise<void> {
  const server = await startRaw(typeof answer === 'function' ? answer : (socket) => socket.end(answer));
  try {
    await test(server);
    await until('the connections to the source are closed', () => server.open() === 0);
  } finally {
    await server.close();
  }
}

/** Writes `text` again and again until the other side has gone. */
function drip(socket: Socket, text: string | Buffer, every: number): void {
  const timer = setInterval(() => socket.write(text), every);
  socket.once('close', () => clearInterval(timer));
}

/** As fast as the other side takes it. */
function flood(socket: Socket, text: string | Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(text));
  };
  socket.on('drain', more);
  more();
}

const OK = 'HTTP/1.1 200 OK\r\n';

describe('a source that is slow', () => {
  const endless: [string, (socket: Socket) => void][] = [
    ['says nothing', () => undefined],
    ['sends its header byte by byte', (socket) => drip(socket, 'H', 20)],
    [
      'sends header fields without end',
      (socket) => {
        socket.write(OK);
        drip(socket, 'a: b\r\n', 20);
      },
    ],
    [
      'sends interim answers without end',
      (socket) => drip(socket, 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n', 20),
    ],
  ];
  for (const [what, answer] of endless) {
    it(`is given up when it ${what}`, async () => {
      await against(answer, async ({ url }) => {
        await assertRefused(loopbackSource(IMPATIENT).size(url), /took longer|Parse Error/);
        await assertBroken(loopbackSource(IMPATIENT).read(url), /took longer|Parse Error/);
      });
    });
  }

  it('is given up when its data stops', async () => {
    const stops = (socket: Socket): void => void socket.write(`${OK}content-length: 100\r\n\r\n12345`);
    await against(stops, async ({ url }) => {
      await assertBroken(loopbackSource({ idleTimeout: 150 }).read(url), /gives no data for 150 ms/);
    });
  });

  it('is given up when its data never begins', async () => {
    const stops = (socket: Socket): void => void socket.write(`${OK}content-length: 100\r\n\r\n`);
    await against(stops, async ({ url }) => {
      await assertBroken(
        loopbackSource({ idleTimeout: 150 }).read(url, { start: 50, end: 60 }),
        /gives no data/,
      );
    });
  });

  it('is given up in the end when its data drips', async () => {
    const drips = (socket: Socket): void => {
      socket.write(`${OK}content-length: 100000\r\n\r\n`);
      drip(socket, 'x', 20);
    };
    await against(drips, async ({ url }) => {
      await assertBroken(loopbackSource({ totalTimeout: 600 }).read(url), /took longer than 600 ms/);
    });
  });

  it('is given up when redirects drip', async () => {
    const next = (socket: Socket): void => {
      const timer = setTimeout(
        () => socket.end(`HTTP/1.1 302 Found\r\nlocation: /${Math.random()}\r\n\r\n`),
        60,
      );
      socket.once('close', () => clearTimeout(timer));
    };
    await against(next, async ({ url }) => {
      await assertRefused(loopbackSource({ ...IMPATIENT, maxRedirects: 20 }).size(url), /took longer/);
    });
  });

  it('is given up when its name is never found', async () => {
    const source = loopbackSource({ ...IMPATIENT, lookup: () => undefined });
    await assertRefused(source.size('http://name.example/'), /connecting took longer than 150 ms/);
  });

  it('is waited for while its reader rests', async () => {
    const server = await startHttp((_request, response) => {
      response.writeHead(200, { 'content-length': 500_000 }).end(Buffer.alloc(500_000));
    });
    try {
      mock.timers.enable({ apis: ['setTimeout'] });
      const stream = await loopbackSource({ idleTimeout: 1_000 }).read(server.url);
      stream.read(0);
      while (stream.readableLength < stream.readableHighWaterMark) await new Promise(setImmediate);
      mock.timers.tick(10_000);
      assert.equal((await bytesOf(stream)).length, 500_000);
    } finally {
      mock.timers.reset();
      await server.close();
    }
  });
});

describe('a source that gives next to nothing', () => {
  const trickle = (socket: Socket): void => {
    socket.write(`${OK}Content-Length: 1000000\r\n\r\n`);
    drip(socket, 'x', 10);
  };

  it('is given up when nobody waits for each byte, and only then', () =>
    against(trickle, async (server) => {
      const source = loopbackSource({ idleTimeout: 500, leastRate: 10_000 });
      await assertBroken(source.read(server.url, { unattended: true }), /gives too little data/);
      const patient = await source.read(server.url);
      let seen = 0;
      for await (const chunk of patient) {
        seen += (chunk as Buffer).length;
        if (seen === 200) break;
      }
      assert.equal(seen, 200);
    }));

  it('is told by the bytes and the time that was spent waiting for it', () => {
    let now = 0;
    const rate = new LeastRate(1000, 60_000, () => now);
    const after = (seconds: number, bytes: number): boolean => {
      rate.wait();
      now += seconds * 1000;
      return rate.took(bytes);
    };
    // Enough in all, though not at every moment.
    assert.ok(after(30, 10));
    assert.ok(after(30, 60_000));
    // Time in which nobody takes anything is not the source's.
    rate.rest();
    now += 1_000_000;
    assert.ok(after(30, 10));
    assert.equal(after(30, 59_000), false);
    // Any rate will do.
    const any = new LeastRate(0, 10, () => now);
    any.wait();
    now += 1_000_000;
    assert.ok(any.took(0));
  });
});

describe('a source that lies', () => {
  it('is refused when it breaks off before its length', async () => {
    await against(`${OK}content-length: 100\r\n\r\n12345`, async ({ url }) => {
      await assertBroken(loopbackSource().read(url), /breaks off|aborted|ends after/);
    });
  });

  it('is refused when it breaks off in a chunk, or before the last', async () => {
    for (const body of ['5\r\n12345\r\n', '5\r\n123', '']) {
      await against(`${OK}transfer-encoding: chunked\r\n\r\n${body}`, async ({ url }) => {
        await assertBroken(loopbackSource().read(url), /breaks off|aborted/);
        await assertBroken(loopbackSource().read(url, { size: 5 }), /breaks off|aborted/);
      });
    }
  });

  it('is refused when its chunks make no sense', async () => {
    await against(`${OK}transfer-encoding: chunked\r\n\r\n5\r\n12345\r\nzz\r\n`, async ({ url }) => {
      await assertBroken(loopbackSource().read(url), /Parse Error/);
    });
  });

  it('gives no more than its length', async () => {
    await against(`${OK}content-length: 5\r\n\r\n12345678`, async ({ url }) => {
      const [read] = await Promise.allSettled([bytesOf(loopbackSource().read(url))]);
      // Node.js may see the rest in time to refuse the answer.
      if (read.status === 'fulfilled') assert.equal(String(read.value), '12345');
      else assert.ok(isRegistryError(read.reason, 'unavailable'));
    });
  });

  it('is refused when its length is not the known size', async () => {
    await against(`${OK}content-length: 5\r\n\r\n12345`, async ({ url }) => {
      await assertBroken(loopbackSource().read(url, { size: 4 }), /has 5 bytes, not 4/);
      await assertBroken(loopbackSource().read(url, { size: 6 }), /has 5 bytes, not 6/);
      assert.equal(String(await bytesOf(loopbackSource().read(url, { size: 5 }))), '12345');
    });
  });

  it('is refused when its chunks are not the known size', async () => {
    await against(`${OK}transfer-encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n`, async ({ url }) => {
      await assertBroken(loopbackSource().read(url, { size: 4 }), /sends more than the 4 bytes/);
      await assertBroken(loopbackSource().read(url, { size: 6 }), /ends after 5 bytes/);
      assert.equal(String(await bytesOf(loopbackSource().read(url, { size: 5 }))), '12345');
      assert.equal(String(await bytesOf(loopbackSource().read(url))), '12345');
    });
  });

  it('is refused when nothing tells its end, and read when its size is known', async () => {
    await against(`${OK}\r\n12345`, async ({ url }) => {
      await assertBroken(loopbackSource().read(url), /does not tell where its data ends/);
      await assertBroken(loopbackSource().read(url, { size: 6 }), /ends after 5 bytes/);
      assert.equal(String(await bytesOf(loopbackSource().read(url, { size: 5 }))), '12345');
    });
  });

  for (const [what, header] of [
    ['two lengths', 'content-length: 5\r\ncontent-length: 6\r\n'],
    ['a length and chunks', 'content-length: 5\r\ntransfer-encoding: chunked\r\n'],
    ['a length that is no number', 'content-length: 5x\r\n'],
    ['a negative length', 'content-length: -5\r\n'],
    ['an unknown coding', 'transfer-encoding: gzip, chunked\r\n'],
    ['packed data', 'content-encoding: br\r\ncontent-length: 5\r\n'],
    ['data packed twice', 'content-encoding: identity, gzip\r\ncontent-length: 5\r\n'],
  ] as const) {
    it(`is refused with ${what}`, async () => {
      await against(`${OK}${header}\r\n12345`, async ({ url }) => {
        await assertBroken(loopbackSource().read(url), /Parse Error|coding|packed/);
      });
    });
  }

  for (const status of [
    '100 Continue',
    '101 Switching Protocols',
    '204 No Content',
    '404 Not Found',
    '500 Oh',
  ]) {
    it(`is refused when it answers ${status}`, async () => {
      const upgrade = status.startsWith('101') ? 'connection: upgrade\r\nupgrade: x\r\n' : '';
      await against(`HTTP/1.1 ${status}\r\n${upgrade}\r\n`, async ({ url }) => {
        await assertBroken(loopbackSource().read(url), /answers|without an answer|hang up|took longer/);
        await assertRefused(loopbackSource().size(url), /answers|without an answer|hang up|took longer/);
      });
    });
  }

  it('is refused when it does not speak HTTP', async () => {
    await against('220 mail.example ESMTP\r\n', async ({ url }) => {
      await assertRefused(loopbackSource().size(url), /Parse Error/);
    });
  });
});

describe('a source that sends too much', () => {
  it('is refused when it declares more than the cap', async () => {
    await against(`${OK}content-length: 1048577\r\n\r\n12345`, async ({ url }) => {
      assert.equal((await failureOf(loopbackSource().read(url))).code, 'too_large');
    });
  });

  it('is refused when its chunks pass the cap', async () => {
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000), Buffer.from('\r\n')]);
    const endless = (socket: Socket): void => {
      socket.write(`${OK}transfer-encoding: chunked\r\n\r\n`);
      flood(socket, chunk);
    };
    await against(endless, async ({ url }) => {
      const codeOf = async (options: object): Promise<string> =>
        (await failureOf(bytesOf(loopbackSource().read(url, options)))).code;
      assert.equal(await codeOf({}), 'too_large');
      // Bytes that nobody wants count too.
      assert.equal(await codeOf({ start: 5_000_000, end: 5_000_001 }), 'too_large');
      assert.equal(await codeOf({ size: 1_000_000 }), 'unavailable');
      assert.equal((await bytesOf(loopbackSource().read(url, { start: 9, end: 99 }))).length, 91);
    });
  });

  it('is refused with a bomb in its header', async () => {
    const floods: [string, string][] = [
      [OK, `x-filler: ${'x'.repeat(1000)}\r\n`],
      [`${OK}x-filler: `, 'x'.repeat(1000)],
      [`${OK}transfer-encoding: chunked\r\n\r\n0\r\n`, `x-trailer: ${'x'.repeat(1000)}\r\n`],
      [`${OK}transfer-encoding: chunked\r\n\r\n5;`, 'x'.repeat(1000)],
    ];
    for (const [start, rest] of floods) {
      const bomb = (socket: Socket): void => {
        socket.write(start);
        flood(socket, rest);
      };
      await against(bomb, async ({ url }) => {
        await assertBroken(loopbackSource().read(url), /overflow|Parse Error|breaks off|aborted/i);
      });
    }
  });

  it('is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    await against(
      Buffer.concat([
        Buffer.from(`${OK}content-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`),
        bomb,
      ]),
      async ({ url }) => {
        await assertRefused(loopbackSource().size(url), /packed/);
        await assertBroken(loopbackSource().read(url), /packed/);
      },
    );
    await against(
      Buffer.concat([Buffer.from(`${OK}content-length: ${bomb.length}\r\n\r\n`), bomb]),
      async ({ url }) => {
        assert.ok((await bytesOf(loopbackSource().read(url))).equals(bomb));
      },
    );
  });
});
