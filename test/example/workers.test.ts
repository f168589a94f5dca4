import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { logOf } from '../../example/log.js';
import { readSettings } from '../../example/settings.js';
import { UsageError } from '../../example/usage-error.js';
import { startWorkers } from '../../example/workers.js';
import { runExample, startExample, type ExampleServer } from '../support/servers/example-server.js';
import { startSlowUpload } from '../support/clients/slow-upload.js';
import { until } from '../support/until.js';

interface Line {
  readonly msg: string;
  readonly pid: number;
  readonly pause?: number;
  readonly status?: number;
}

/** Lines of the log that are whole; those of processes that are killed may not be. */
function lines(server: ExampleServer, msg: string): Line[] {
  const texts = server.output().stderr.split('\n').slice(0, -1);
  return texts.map((text) => JSON.parse(text) as Line).filter((line) => line.msg === msg);
}

/** Pids of the workers that have answered requests. */
function answering(server: ExampleServer): Set<number> {
  return new Set(lines(server, 'request').map(({ pid }) => pid));
}

/** Asks on a connection of its own. */
async function ask({ url }: ExampleServer): Promise<number> {
  const answer = await fetch(`${url}/v2/images`, { headers: { connection: 'close' } });
  await answer.arrayBuffer();
  return answer.status;
}

/** Asks until so many processes have answered. */
async function untilAnswered(server: ExampleServer, count: number): Promise<number[]> {
  await until(`${count} processes answer`, async () => {
    assert.equal(await ask(server), 200);
    return answering(server).size >= count;
  });
  return [...answering(server)];
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function isFree(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen(Number(port), hostname, () => probe.close(() => resolve(true)));
  });
}

async function beginUpload(server: ExampleServer): Promise<ReturnType<typeof startSlowUpload>> {
  const upload = startSlowUpload(server.url);
  upload.send('first half, ');
  await until('the upload has begun', async () => {
    const answer = await fetch(`${server.url}/v1/images?status=saving`);
    return ((await answer.json()) as { images: unknown[] }).images.length === 1;
  });
  return upload;
}

describe('the example server with workers', function () {
  this.timeout(120_000);

  it('replaces one that is killed while the other goes on, and lets the uploads of all end when it is told to stop', async () => {
    const server = await startExample(['--workers', '2']);
    assert.equal(server.output().stdout, `listening on ${server.url}/\n`);
    const [first = 0, second = 0] = await untilAnswered(server, 2);
    process.kill(first, 'SIGKILL');
    await until(
      'its end is told',
      () => lines(server, 'a worker has ended; another one is started').length === 1,
    );
    assert.equal(await ask(server), 200);
    assert.ok(isThere(second));
    const pids = await untilAnswered(server, 3);
    const upload = await beginUpload(server);
    server.send('SIGTERM');
    await until('nobody is let in', () => isFree(server.url));
    upload.send('second half');
    upload.end();
    assert.equal(await upload.status, 201);
    const ended = await server.ended;
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual(pids.filter(isThere), []);
  });

  it('breaks off an upload that takes longer than it waits', async () => {
    const server = await startExample(['--workers', '2', '--shutdown-timeout', '2']);
    const upload = await beginUpload(server);
    server.send('SIGTERM');
    await assert.rejects(upload.status);
    assert.equal((await server.ended).code, 0);
  });

  it('leaves no process and no port behind when it is killed', async () => {
    const server = await startExample(['--workers', '2']);
    const pids = await untilAnswered(server, 2);
    server.send('SIGKILL');
    assert.equal((await server.ended).signal, 'SIGKILL');
    await until('the workers end', () => !pids.some(isThere));
    assert.ok(await isFree(server.url));
  });

  it('starts workers that cannot start less and less often', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'workers-'));
    const policy = path.join(folder, 'policy.json');
    await writeFile(policy, '{}');
    const server = await startExample(['--workers', '2', '--policy-file', policy]);
    const [first = 0] = await untilAnswered(server, 2);
    await writeFile(policy, '{');
    process.kill(first, 'SIGKILL');
    const ends = (): Line[] => lines(server, 'a worker has ended; another one is started');
    await until('two have ended', () => ends().length === 2);
    assert.deepEqual(
      ends().map(({ pause }) => pause),
      [1000, 2000],
    );
    assert.equal(await ask(server), 200);
    await writeFile(policy, '{}');
    await untilAnswered(server, 3);
    assert.equal((await server.stop()).code, 0);
    await rm(folder, { recursive: true });
  });

  it('refuses to start with the one line and the exit code of a single process', async () => {
    const blocker = net.createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as net.AddressInfo;
    for (const [args, code, message] of [
      [
        ['--limit-default', '5', '--limit-max', '4'],
        2,
        /^--limit-default must not be more than --limit-max\n$/,
      ],
      [['--port', String(port)], 1, /^[^\n]*EADDRINUSE[^\n]*\n$/],
    ] as const) {
      const ended = await runExample(['--port', '0', '--workers', '2', '--log-level', 'silent', ...args]);
      assert.deepEqual([ended.code, ended.stdout], [code, ''], ended.stderr);
      assert.match(ended.stderr, message);
    }
    await new Promise((resolve) => blocker.close(resolve));
  });

  for (const [args, flag] of [
    [['--metadata', 'memory'], '--metadata memory'],
    [['--blobs', 'memory'], '--blobs memory'],
    [['--store', 'a=disk,b=memory'], 'a --store in memory'],
  ] as const)
    it(`refuses ${args.join(' ')}, which processes cannot share`, async () => {
      const settings = readSettings(['--workers', '2', ...args], {});
      assert.ok(typeof settings !== 'string');
      await assert.rejects(startWorkers(settings, logOf({ logLevel: 'silent' })), (error) => {
        assert.ok(error instanceof UsageError);
        assert.ok(error.message.startsWith(`--workers 2 and ${flag} exclude each other`));
        return true;
      });
    });
});
