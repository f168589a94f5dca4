import assert from 'node:assert/strict';
import crypto, { createHash } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import os from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Keyv } from 'keyv';
import { DigestPool } from '../../lib/blobs/digests/digest-pool.js';
import { DigestThreads } from '../../lib/blobs/digests/digest-threads.js';
import { Meter, type Measured } from '../../lib/blobs/meter.js';
import { memoryStore } from '../../lib/blobs/memory/memory-store.js';
import { callerOf } from '../../lib/domain/identity.js';
import { createImageRegistry, none } from '../../lib/index.js';
import { isRegistryError } from '../../lib/errors.js';
import { inPieces, sampleBytes } from '../../lib/testing/blob-store/sample-data.js';
import { RecordingLog } from '../support/recording-log.js';
import { runWell } from '../support/run.js';
import { until } from '../support/until.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const THREAD = new URL('../../lib/blobs/digests/digest-thread.js', import.meta.url);
const BYTES = sampleBytes(3 * MIB);

const reference = createHash;
/** Made by what there was before a test took md5 away. */
const DIGESTS = ['md5', 'sha512'].map(
  (name) => (bytes: Buffer) => reference(name).update(bytes).digest('hex'),
);

const unavailable = (error: unknown): boolean => isRegistryError(error, 'unavailable');

/** A thread that tells whether it keeps the process alive. */
class WatchedWorker extends Worker {
  isBusy = true;

  override ref(): void {
    this.isBusy = true;
    super.ref();
  }

  override unref(): void {
    this.isBusy = false;
    super.unref();
  }
}

/** How nice the threads of this process are, as Linux tells. */
async function nicenesses(): Promise<number[]> {
  const threads = await readdir('/proc/self/task');
  return Promise.all(
    threads.map(async (thread) => {
      const text = await readFile(`/proc/self/task/${thread}/stat`, 'latin1');
      // Field 19 of proc(5); the second one is a name in brackets.
      return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[16]);
    }),
  );
}

describe('digests', () => {
  /** Threads that the test has started. */
  let workers: WatchedWorker[];
  let log: RecordingLog;
  const opened: DigestThreads[] = [];

  beforeEach(() => {
    workers = [];
    log = new RecordingLog();
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((threads) => threads.close()));
    for (const worker of workers) await worker.terminate();
  });

  /** @param code what the threads run. Default: what they ought to */
  function pool(code?: string): DigestPool {
    return new DigestPool(() => {
      const worker =
        code === undefined
          ? new WatchedWorker(THREAD, { execArgv: [] })
          : new WatchedWorker(code, { eval: true, execArgv: [] });
      workers.push(worker);
      return worker;
    });
  }

  function threadsOf(of: DigestPool, limit = 2): DigestThreads {
    const threads = new DigestThreads({ limit, log }, of);
    opened.push(threads);
    return threads;
  }

  async function measured(threads: DigestThreads, pieces: Iterable<Buffer> | Readable): Promise<Measured> {
    const meter = new Meter({ threads });
    await pipeline(
      pieces instanceof Readable ? pieces : Readable.from(pieces, { objectMode: false }),
      meter.resume(),
    );
    return meter.result();
  }

  function expected(bytes: Buffer): Measured {
    const [md5 = '', hash = ''] = DIGESTS.map((digest) => digest(bytes));
    return { size: bytes.length, md5, hash };
  }

  it('are the same in threads, whatever the size, and however it is cut', async () => {
    const threads = threadsOf(pool());
    for (const size of [0, 1, 256 * KIB, 256 * KIB + 1, 512 * KIB, MIB - 1, MIB, MIB + 1, 3 * MIB])
      for (const piece of [64 * KIB, 100_001, 3 * MIB]) {
        const bytes = BYTES.subarray(0, size);
        assert.deepEqual(
          await measured(threads, inPieces(bytes, piece)),
          expected(bytes),
          `${size} by ${piece}`,
        );
      }
    const crumbs = inPieces(BYTES.subarray(0, 5000), 1);
    assert.deepEqual(await measured(threads, crumbs), expected(BYTES.subarray(0, 5000)));
    assert.deepEqual(log.entries, []);
  });

  it('of small data start no thread', async () => {
    const bytes = BYTES.subarray(0, 256 * KIB);
    assert.deepEqual(await measured(threadsOf(pool()), inPieces(bytes, 64 * KIB)), expected(bytes));
    assert.equal(workers.length, 0);
  });

  it('of one upload are made in threads of their own, of many in no more than the limit, whoever has them made', async () => {
    const shared = pool();
    const [one, other] = [threadsOf(shared), threadsOf(shared)];
    await measured(one, inPieces(BYTES, 64 * KIB));
    assert.equal(workers.length, 2);
    const all = Array.from({ length: 8 }, (_, n) =>
      measured(n % 2 === 0 ? one : other, inPieces(BYTES, 64 * KIB)),
    );
    for (const result of await Promise.all(all)) assert.deepEqual(result, expected(BYTES));
    assert.equal(workers.length, 2);
    const alone = pool();
    await Promise.all([1, 2].map(() => measured(threadsOf(alone, 1), inPieces(BYTES, 64 * KIB))));
    assert.equal(workers.length, 3);
  });

  it('let requests go first: their threads are nicer than the process, which stays as it is', async () => {
    const mine = os.getPriority();
    await measured(threadsOf(pool()), inPieces(BYTES, 64 * KIB));
    assert.equal(os.getPriority(), mine);
    // Elsewhere a priority is that of a whole process.
    if (process.platform !== 'linux') return;
    const nicer = (await nicenesses()).filter((nice) => nice === Math.min(mine + 3, 19));
    assert.ok(nicer.length >= 2);
  });

  it('are made in place where there may be no threads', async () => {
    assert.deepEqual(await measured(threadsOf(pool(), 0), inPieces(BYTES, 64 * KIB)), expected(BYTES));
    assert.equal(workers.length, 0);
  });

  it('hold back who brings more than the threads can take, and leave nothing when it is broken off', async () => {
    const asleep = pool(
      `require('node:worker_threads').parentPort.on('message', () => 0).postMessage('ready')`,
    );
    let given = 0;
    const endless = new Readable({
      read() {
        given += 64 * KIB;
        this.push(Buffer.alloc(64 * KIB));
      },
    });
    const stop = new AbortController();
    const meter = new Meter({ threads: threadsOf(asleep) });
    const piping = pipeline(endless, meter.resume(), { signal: stop.signal });
    piping.catch(() => undefined);
    await until('the threads are asked', () => given > MIB);
    const before = given;
    // One that is not held back goes on without end.
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(given <= Math.max(before, 4 * MIB), `${given}`);
    assert.equal(workers.filter(({ isBusy }) => isBusy).length, 2);
    stop.abort();
    await assert.rejects(piping, { name: 'AbortError' });
    assert.equal(workers.filter(({ isBusy }) => isBusy).length, 0);
  });

  it('are made without md5 where there is none', async () => {
    const original = crypto.createHash;
    crypto.createHash = (name: string) => {
      if (name === 'md5') throw new Error('digital envelope routines::unsupported');
      return original(name);
    };
    syncBuiltinESMExports();
    try {
      const result = await measured(threadsOf(pool()), inPieces(BYTES, 64 * KIB));
      assert.deepEqual(result, { ...expected(BYTES), md5: null });
      assert.equal(workers.length, 1);
    } finally {
      crypto.createHash = original;
      syncBuiltinESMExports();
    }
  });

  it('fail with their thread; the next ones have another', async () => {
    const threads = threadsOf(pool());
    const dying = new Readable({ read: () => undefined });
    const meter = new Meter({ threads });
    const piping = pipeline(dying, meter);
    dying.push(BYTES.subarray(0, MIB));
    await once(meter, 'data');
    await workers[0]?.terminate();
    // Nothing more comes: it fails all the same.
    await assert.rejects(piping, unavailable);
    assert.deepEqual(await measured(threads, inPieces(BYTES, 64 * KIB)), expected(BYTES));
    assert.equal(workers.length, 3);
  });

  for (const [title, start] of [
    ['cannot be made', () => new DigestPool(() => assert.fail('no threads here'))],
    ['do not start', () => pool('throw new Error("no threads here")')],
  ] as const)
    it(`are made in place where threads ${title}, which is told once`, async () => {
      const threads = threadsOf(start());
      const all = [1, 2].map(() => measured(threads, inPieces(BYTES, 64 * KIB)));
      for (const result of await Promise.all(all)) assert.deepEqual(result, expected(BYTES));
      await measured(threads, inPieces(BYTES, 64 * KIB));
      assert.equal(log.entries.length, 1);
    });

  it('that fail end an upload with 503, and nothing is left of it', async () => {
    const started: Worker[] = [];
    const hear = (worker: Worker): void => void started.push(worker);
    process.on('worker', hear);
    const blobs = memoryStore();
    const registry = createImageRegistry({ authenticate: none(), metadata: new Keyv(), blobs, logger: log });
    const data = new Readable({ read: () => undefined });
    data.push(BYTES.subarray(0, MIB));
    const caller = callerOf({ user: 'ann', project: 'blue', roles: ['member'] });
    const metadata = { disk_format: 'raw', container_format: 'bare' };
    try {
      await registry.ready();
      const creating = registry.images.create(caller, metadata, { data });
      creating.catch(() => undefined);
      await until('the threads run', () => started.length === 2);
      await Promise.all(started.map((worker) => once(worker, 'message')));
      await started[0]?.terminate();
      await assert.rejects(creating, unavailable);
      assert.ok(data.destroyed);
      for await (const { key } of blobs.list?.() ?? []) assert.fail(`${key} is left`);
      assert.ok((await registry.verify()).ok);
    } finally {
      process.off('worker', hear);
      await registry.close();
    }
  });

  it('end their threads with the last of those who use them', async () => {
    const shared = pool();
    const [one, other] = [threadsOf(shared), threadsOf(shared)];
    for (const threads of [one, other]) await measured(threads, inPieces(BYTES, 64 * KIB));
    let ended = 0;
    for (const worker of workers) worker.once('exit', () => (ended += 1));
    await one.close();
    assert.deepEqual(await measured(other, inPieces(BYTES, 64 * KIB)), expected(BYTES));
    await other.close();
    assert.equal(ended, 2);
    // It may go on none the less.
    assert.deepEqual(await measured(other, inPieces(BYTES, 64 * KIB)), expected(BYTES));
    assert.equal(workers.length, 4);
  });

  it('keep a process alive while they are made, and not longer', async () => {
    const lib = new URL('../../lib/blobs/', import.meta.url).href;
    const script = `
      const { DigestThreads } = await import('${lib}digests/digest-threads.ts');
      const { Meter } = await import('${lib}meter.ts');
      const meter = new Meter({ threads: new DigestThreads({ limit: 2, log: console }) });
      meter.resume().end(Buffer.alloc(${5 * MIB}));
      meter.once('end', () => console.log(meter.result().md5));`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    const output = await runWell(process.execPath, args, {
      cwd: fileURLToPath(new URL('../../', import.meta.url)),
    });
    assert.equal(
      output,
      `${createHash('md5')
        .update(Buffer.alloc(5 * MIB))
        .digest('hex')}\n`,
    );
  });
});
