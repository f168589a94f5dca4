import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { runningTask } from '../../../lib/domain/image-tasks.js';
import { CrashRandom } from './crash-random.js';
import { LifeProcesses } from './life-processes.js';
import { recordsOf, recover } from './life-soundness.js';
import { LifeStorage, type Medium } from './life-storage.js';
import { SourceHost } from '../servers/source-host.js';
import { until } from '../until.js';

/** How often what of it was not over. */
export interface Interrupted {
  /** Blobs. */
  readonly data: number;
  readonly staging: number;
  readonly copy: number;
  /** Tasks. */
  readonly imports: number;
}

/**
 * Kills two processes on one storage at random moments, while they upload, copy, import, delete, share and sweep, and looks each time at what the
 * next process makes of it.
 * @returns what was interrupted
 */
export async function surviveLife(medium: Medium, rounds: number): Promise<Interrupted> {
  const random = new CrashRandom();
  const processes = new LifeProcesses();
  const source = new SourceHost();
  await source.start();
  const url = source.put('/data', Buffer.alloc(200_000, 'data'));
  const stores = { withArchive: true };
  const storage = await LifeStorage.make(medium, stores);
  const settings = { folder: storage.folder, medium, stores, deed: 'load', id: '', source: url } as const;
  const interrupted = { data: 0, staging: 0, copy: 0, imports: 0 };
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const options = random.pick([{}, { delayedDelete: true }, { keepDeletedDays: 1e-9 }]);
      const before = (await recordsOf(storage)).length;
      const start = () => processes.start({ ...settings, options });
      const children = await Promise.all([start(), start()]);
      await Promise.all(children.map(({ begun }) => begun));
      await until('something goes on', async () => (await recordsOf(storage)).length !== before);
      for (const child of children) {
        await sleep(random.whole(0, 150));
        child.kill();
      }
      for (const { ended } of children) assert.equal(await ended, 'SIGKILL');
      const left = await recordsOf(storage);
      for (const { blobs, tasks = [] } of left) {
        for (const { process, purpose } of blobs) if (process !== null) interrupted[purpose] += 1;
        if (runningTask({ tasks }) !== undefined) interrupted.imports += 1;
      }
      await recover(storage);
    }
    assert.ok(interrupted.data > 0, 'no data was ever interrupted: this has tested nothing');
    assert.ok(interrupted.imports > 0, 'no import was ever interrupted: this has tested too little');
    return interrupted;
  } catch (error) {
    throw new Error(`with CRASH_SEED=${random.seed}`, { cause: error });
  } finally {
    processes.killAll();
    await storage.end();
    await source.stop();
  }
}
