import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ProcessBook } from '../../lib/catalogue/process-book.js';
import { ADMINISTRATOR } from '../support/life/life-images.js';
import type { FilePoints } from '../support/life/file-steps.js';
import { MortalProcesses, type MortalProcess } from '../support/life/mortal-processes.js';
import { few } from '../support/few.js';
import { LifeStorage } from '../support/life/life-storage.js';
import { until } from '../support/until.js';

/** One more than a write has. */
const STEPS = 14;
const LEASE_TIME = 1;

interface Outcome {
  readonly points: FilePoints;
  readonly end: string;
  readonly fault: unknown;
}

describe('a writer that stands still, is settled, goes on and dies at a step', function () {
  this.timeout(600_000);
  const processes = new MortalProcesses();

  after(() => processes.killAll());

  it('leaves nothing', async () => {
    const points: FilePoints[] = [];
    // Stopped before each step, and dead before the next one; then stopped before the first, and alive to the end.
    for (let step = 2; step <= STEPS; step += 1) points.push({ stop: step - 1, die: step });
    points.push({ stop: 1, die: 1000 });
    const outcomes = (await few(points, 3, survive)).filter(({ end }) => end !== 'not stopped');
    for (const { points: at, fault } of outcomes)
      if (fault !== null) throw new Error(JSON.stringify(at), { cause: fault });
    const killed = outcomes.filter(({ end }) => end === 'SIGKILL');
    assert.ok(killed.length >= 12, `only ${killed.length} died`);
    // So that there was no further step: those that live on know that they have lost the image.
    const first = outcomes.filter(({ points: { stop } }) => stop === 1);
    assert.match(first.at(-1)?.end ?? '', /upload_lost/);
  });

  async function survive(points: FilePoints): Promise<Outcome> {
    const storage = await LifeStorage.make('LMDB and disk');
    try {
      const id = randomUUID();
      const { folder, medium } = storage;
      const options = { leaseTime: LEASE_TIME };
      const child = await processes.start({
        folder,
        medium,
        options,
        deed: 'store',
        id,
        files: points,
      });
      if (!(await isStopped(child))) return { points, end: 'not stopped', fault: null };
      const fault = await settleAround(storage, child, id).then(
        () => null,
        (error: unknown) => error,
      );
      const { signal, code, stderr } = await child.ended;
      return { points, end: signal ?? `${code ?? 'no code'} ${stderr}`, fault };
    } finally {
      await storage.end();
    }
  }

  async function settleAround(storage: LifeStorage, child: MortalProcess, id: string): Promise<void> {
    const book = new ProcessBook(new CatalogueSpace(storage.space));
    // As if it were on another host.
    for (const record of await book.list()) await book.put({ ...record, boot: 'of another host' });
    const watcher = await storage.open({ leaseTime: LEASE_TIME });
    await until('it is taken for dead', async () => (await watcher.sweep()).settled === 1);
    assert.equal((await watcher.images.show(ADMINISTRATOR, id)).status, 'killed');
    child.send('SIGCONT');
    await child.ended;
    await until('what it has left is removed', async () => {
      await watcher.sweep();
      return (await storage.record(id)).blobs.length === 0;
    });
    assert.deepEqual([await storage.stored(), await storage.staged()], [[], []]);
    assert.ok((await watcher.verify()).ok);
    await until('it is forgotten', async () => {
      await watcher.sweep();
      return (await book.list()).length === 0;
    });
  }
});

/** Whether a process stands still; false: it has ended without. */
async function isStopped(child: MortalProcess): Promise<boolean> {
  let ended = false;
  void child.ended.then(() => (ended = true));
  // A busy machine takes its time to start it.
  await child.begun;
  await until('it stands still or has ended', async () => {
    const stat = await readFile(`/proc/${child.pid}/stat`, 'latin1').catch(() => '');
    return ended || stat.slice(stat.lastIndexOf(')')).startsWith(') T');
  });
  return !ended;
}
