import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { CrashRandom } from './crash-random.js';
import { LifeProcesses } from './life-processes.js';
import { recordsOf, recover } from './life-soundness.js';
import { LifeStorage, type Medium } from './life-storage.js';
import { SourceHost } from '../servers/source-host.js';
import { until } from '../until.js';

/**
 * Kills two processes on one storage at random moments, while they upload, copy, delete, share and sweep, and looks each time at what the
 * next process makes of it.
 */
export async function surviveLife(medium: Medium, rounds: number): Promise<void> {
  const random = new CrashRandom();
  const processes = new LifeProcesses();
  const source = new SourceHost();
  await source.start();
  const url = source.put('/data', Buffer.alloc(200_000, 'data'));
  const storage = await LifeStorage.make(medium);
  const settings = { folder: storage.folder, medium, deed: 'load', id: '', source: url } as const;
  let interrupted = 0;
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
      interrupted += left.filter(({ blobs }) => blobs.some(({ process }) => process !== null)).length;
      await recover(storage);
    }
    assert.ok(interrupted > 0, 'nothing was ever interrupted: this has tested nothing');
  } catch (error) {
    throw new Error(`with CRASH_SEED=${random.seed}`, { cause: error });
  } finally {
    processes.killAll();
    await storage.end();
    await source.stop();
  }
}
