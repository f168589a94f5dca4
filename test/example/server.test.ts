import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { runExample, startExample } from '../support/servers/example-server.js';
import { RawSocket } from '../support/clients/raw-socket.js';
import { startSlowUpload } from '../support/clients/slow-upload.js';
import { startRedis } from '../support/servers/redis.js';
import { until } from '../support/until.js';

interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

function logLines(stderr: string): LogLine[] {
  return stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine);
}

async function isSaving(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/v1/images?status=saving`);
  const { images } = (await answer.json()) as { images: unknown[] };
  return images.length === 1;
}

function refusesConnections(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = net.connect(Number(port), hostname);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

describe('the example server', function () {
  this.timeout(120_000);

  it('writes one line to stdout, serves, and ends with 0 on SIGTERM', async () => {
    const server = await startExample(['--prefix', '/images-api']);
    const answer = await fetch(`${server.url}/v1/images`);
    assert.deepEqual(await answer.json(), { images: [] });
    const ended = await server.stop();
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, /^listening on http:\/\/127\.0\.0\.1:\d+\/images-api\/\n$/);
  });

  it('tells help and version, and ends with 0', async () => {
    for (const [flag, text] of [
      ['-h', /^Usage: npm start -- \[options\]\n/],
      ['--version', /^\d+\.\d+\.\d+\n$/],
    ] as const) {
      const ended = await runExample([flag]);
      assert.deepEqual([ended.code, ended.stderr], [0, '']);
      assert.match(ended.stdout, text);
    }
  });

  it('ends with 0 on SIGINT', async () => {
    const server = await startExample();
    server.send('SIGINT');
    assert.equal((await server.ended).code, 0);
  });

  it('logs each request, without tokens and query strings', async () => {
    const server = await startExample(['--auth', 'token']);
    const headers = { 'x-auth-token': 'ann:hidden-word:member' };
    const answer = await fetch(`${server.url}/v1/images?name=hidden-word`, { headers });
    assert.equal(answer.status, 200);
    const { stderr } = await server.stop();
    assert.ok(!stderr.includes('hidden-word'), stderr);
    const line = logLines(stderr).find(({ msg }) => msg === 'request');
    assert.equal(line?.method, 'GET');
    assert.equal(line.path, '/v1/images');
    assert.equal(line.status, 200);
    assert.equal(typeof line.ms, 'number');
    assert.equal(line.request_id, answer.headers.get('x-openstack-request-id'));
  });

  it('refuses hosts that are not this machine where everyone is an admin, and only there', async () => {
    const statuses = async (args: readonly string[]): Promise<(string | undefined)[]> => {
      const server = await startExample(args);
      const { port } = new URL(server.url);
      const all: (string | undefined)[] = [];
      for (const host of ['evil.example', `localhost:${port}`, '[::1]', 'images.example.org', 'a b']) {
        const socket = await RawSocket.open(server.url);
        await socket.send(`GET /versions HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
        await socket.untilClosed();
        all.push(/^HTTP\/1\.1 (\d+)/.exec(socket.received)?.[1]);
      }
      await server.stop();
      return all;
    };
    const endpoint = ['--public-endpoint', 'https://images.example.org/'];
    assert.deepEqual(await statuses([]), ['403', '200', '200', '403', '403']);
    assert.deepEqual(await statuses(endpoint), ['403', '200', '200', '200', '403']);
    assert.deepEqual((await statuses(['--auth', 'token'])).slice(0, 4), ['200', '200', '200', '200']);
  });

  it('keeps images over a restart', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'restart-'));
    try {
      const first = await startExample(['--data', folder]);
      const upload = startSlowUpload(first.url);
      upload.send('bytes');
      upload.end();
      assert.equal(await upload.status, 201);
      await first.stop();
      const second = await startExample(['--data', folder]);
      const answer = await fetch(`${second.url}/v1/images`);
      const { images } = (await answer.json()) as { images: { id: string; name: string }[] };
      assert.deepEqual(
        images.map(({ name }) => name),
        ['slow'],
      );
      const data = await fetch(`${second.url}/v1/images/${images[0]!.id}`);
      assert.equal(await data.text(), 'bytes');
      await second.stop();
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  describe('refuses to start, with one line', () => {
    it('for an unknown flag', async () => {
      const ended = await runExample(['--nonsense', '1']);
      assert.deepEqual([ended.code, ended.stderr], [2, "unknown option '--nonsense'; see --help\n"]);
    });

    it('for a bad value in the environment', async () => {
      const ended = await runExample([], { IMAGE_REGISTRY_PORT: 'x' });
      assert.equal(ended.code, 2);
      assert.equal(ended.stderr, 'IMAGE_REGISTRY_PORT must be a whole number from 0 to 65535\n');
    });

    it('for a variable of the environment with a typo', async () => {
      const ended = await runExample([], { IMAGE_REGISTRY_PORTT: '1' });
      assert.deepEqual(
        [ended.code, ended.stderr],
        [2, 'unknown environment variable IMAGE_REGISTRY_PORTT; see --help\n'],
      );
    });

    const refused: [args: string[], message: RegExp][] = [
      [['--user-storage-quota', 'plenty'], /^--user-storage-quota: /],
      [['--limit-default', '5', '--limit-max', '4'], /^--limit-default must not be more than --limit-max\n$/],
      [['--policy-file', '/no/such'], /^--policy-file: \/no\/such cannot be read/],
      [['--allow-sources', 'localhost'], /^--allow-sources /],
      [['--auth', 'headers'], /^--auth headers needs --trusted-proxies\n$/],
      [['--auth', 'headers', '--trusted-proxies', 'localhost'], /^--trusted-proxies: "localhost" /],
      [['--accel-redirect', 'image-data'], /^--accel-redirect must be a path such as \/image-data/],
      [['--accel-redirect', '/a', '--blobs', 'memory'], /^--accel-redirect needs a disk store/],
      [['--accel-redirect', '/a', '--trusted-proxies', 'localhost'], /^--trusted-proxies: "localhost" /],
      [['--auth', 'basic'], /^--auth basic needs --htpasswd\n$/],
    ];
    for (const [args, message] of refused)
      it(`for ${args.join(' ')}, in words of the flags`, async () => {
        const ended = await runExample(['--port', '0', ...args]);
        assert.deepEqual([ended.code, ended.stdout], [2, '']);
        assert.match(ended.stderr, message);
        assert.match(ended.stderr, /^[^\n]+\n$/);
      });

    it('for an open address where everyone is an admin', async () => {
      const ended = await runExample(['--port', '0', '--host', '0.0.0.0']);
      assert.equal(ended.code, 2);
      assert.match(ended.stderr, /^--host 0\.0\.0\.0 .*--allow-open-none\n$/);
    });

    it('for a port that is taken', async () => {
      const blocker = net.createServer();
      await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
      const { port } = blocker.address() as net.AddressInfo;
      try {
        const ended = await runExample(['--port', String(port)]);
        assert.deepEqual([ended.code, ended.stdout], [1, '']);
        assert.match(ended.stderr, /^[^\n]*EADDRINUSE[^\n]*\n$/);
      } finally {
        await new Promise((resolve) => blocker.close(resolve));
      }
    });

    it('for a data folder that cannot be made', async () => {
      const folder = await mkdtemp(path.join(os.tmpdir(), 'no-folder-'));
      const file = path.join(folder, 'file');
      await writeFile(file, '');
      try {
        const ended = await runExample(['--port', '0', '--data', path.join(file, 'data')]);
        assert.deepEqual([ended.code, ended.stdout], [1, '']);
        assert.match(ended.stderr, /^[^\n]*ENOTDIR[^\n]*\n$/);
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    for (const flag of ['--metadata', '--blobs']) {
      it(`for a Redis that is down (${flag}), and keeps its password to itself`, async () => {
        const ended = await runExample([
          '--port',
          '0',
          '--log-level',
          'silent',
          flag,
          'redis://ann:hidden-word@127.0.0.1:1/0',
        ]);
        assert.deepEqual([ended.code, ended.stdout], [1, '']);
        assert.match(ended.stderr, /^[^\n]+\n$/);
        assert.ok(!ended.stderr.includes('hidden-word'), ended.stderr);
      });
    }
  });

  describe('when it is told to stop', () => {
    it('lets an upload end', async () => {
      const server = await startExample();
      const upload = startSlowUpload(server.url);
      upload.send('first half, ');
      await until('the upload has begun', () => isSaving(server.url));
      server.send('SIGTERM');
      await until('nobody is let in', () => refusesConnections(server.url));
      upload.send('second half');
      upload.end();
      assert.equal(await upload.status, 201);
      assert.equal((await server.ended).code, 0);
    });

    it('breaks off an upload that takes longer than it waits', async () => {
      const server = await startExample(['--shutdown-timeout', '6']);
      const upload = startSlowUpload(server.url);
      upload.send('first half, ');
      await until('the upload has begun', () => isSaving(server.url));
      server.send('SIGTERM');
      await assert.rejects(upload.status);
      assert.equal((await server.ended).code, 0);
    });

    it('waits for no connection that has no whole head of a request', async () => {
      const server = await startExample(['--shutdown-timeout', '3600']);
      const sockets = await Promise.all(Array.from({ length: 3 }, () => RawSocket.open(server.url)));
      const [, half, kept] = sockets as [RawSocket, RawSocket, RawSocket];
      await half.send('GET /v1/images HTTP/1.1\r\nHost: ');
      await kept.send('GET /v1/images HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await kept.until(/^HTTP\/1\.1 200 /);
      server.send('SIGTERM');
      assert.equal((await server.ended).code, 0);
    });

    it('ends in time although Redis does not answer', async () => {
      const redis = await startRedis();
      const storage = ['--metadata', redis.url, '--blobs', redis.url];
      const server = await startExample(['--shutdown-timeout', '2', ...storage]);
      const upload = startSlowUpload(server.url);
      upload.send('first half, ');
      await until('the upload has begun', () => isSaving(server.url));
      redis.pause();
      const begun = performance.now();
      server.send('SIGTERM');
      await assert.rejects(upload.status);
      const ended = await server.ended;
      assert.equal(ended.code, 1);
      assert.match(ended.stderr, /not stopped within 2 s|took longer than/);
      assert.ok(performance.now() - begun >= 1000, 'half of the time is for transfers');
      redis.resume();
      await redis.stop();
    });

    it('takes a Ctrl-C that npm passes on for the one that it is', async () => {
      const server = await startExample();
      const upload = startSlowUpload(server.url);
      upload.send('first half, ');
      await until('the upload has begun', () => isSaving(server.url));
      server.send('SIGINT');
      server.send('SIGINT');
      await until('nobody is let in', () => refusesConnections(server.url));
      upload.send('second half');
      upload.end();
      assert.equal(await upload.status, 201);
      assert.equal((await server.ended).code, 0);
    });

    it('ends at once when it is told twice', async () => {
      const server = await startExample(['--shutdown-timeout', '3600']);
      const upload = startSlowUpload(server.url);
      upload.send('first half, ');
      await until('the upload has begun', () => isSaving(server.url));
      server.send('SIGTERM');
      await until('nobody is let in', () => refusesConnections(server.url));
      // A second one at once may be the same, passed on by npm.
      const again = setInterval(() => server.send('SIGTERM'), 100);
      const [ended] = await Promise.all([server.ended, assert.rejects(upload.status)]);
      clearInterval(again);
      assert.equal(ended.code, 143);
    });
  });
});
