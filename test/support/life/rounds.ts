import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { runningTask } from '../../../lib/domain/image-tasks.js';
import { CrashLoad } from './crash-load.js';
import { CrashRandom } from './crash-random.js';
import { LifeStorage, type Medium } from './life-storage.js';
import { MortalProcesses } from './mortal-processes.js';
import { faultsOf, recover } from './soundness.js';
import { SourceHost } from '../servers/source-host.js';
import { until } from '../until.js';

/** Does something that is killed at moments of chance, which a failure tells. */
async function byChance(work: (random: CrashRandom) => Promise<void>): Promise<void> {
  const random = new CrashRandom();
  try {
    await work(random);
  } catch (error) {
    throw new Error(`with CRASH_SEED=${random.seed}`, { cause: error });
  }
}

/**
 * Kills the example server at random moments under load and starts it again, and looks each time at what the restarted
 * one makes of it.
 */
export async function surviveRounds(
  rounds: number,
  processes: MortalProcesses,
  storage: LifeStorage,
  flags: readonly string[] = [],
): Promise<void> {
  await byChance(async (random) => {
    const load = new CrashLoad(random);
    let interrupted = 0;
    let server = await processes.example(storage.folder, ...flags);
    for (let round = 1; round <= rounds; round += 1) {
      const working = load.run(server.url, 5);
      const begun = load.begun;
      await until('an upload has begun', () => load.begun > begun);
      await sleep(random.whole(0, 400));
      await server.kill();
      await working;
      const left = await storage.images();
      interrupted += left.filter(({ blobs }) => blobs.some(({ process }) => process !== null)).length;
      server = await processes.example(storage.folder, ...flags);
      await until(`the sweep of round ${round} has run`, () => storage.isSettled());
      assert.deepEqual(await faultsOf(storage), [], `round ${round}`);
      assert.deepEqual(await load.faults(server.url, storage), [], `round ${round}`);
    }
    assert.equal((await server.kill()).signal, 'SIGKILL');
    assert.ok(interrupted > 0, 'no upload was ever interrupted: this has tested nothing');
  });
}

/**
 * Kills two processes on one storage at random moments, while they upload, copy, import, delete, share and sweep, and looks each time at what the
 * next process makes of it.
 */
export async function surviveLife(medium: Medium, rounds: number): Promise<void> {
  const processes = new MortalProcesses();
  const source = new SourceHost();
  await source.start();
  const url = source.put('/data', Buffer.alloc(200_000, 'data'));
  const stores = { withArchive: true };
  const storage = await LifeStorage.make(medium, stores);
  const settings = { folder: storage.folder, medium, stores, deed: 'load', source: url } as const;
  try {
    await byChance(async (random) => {
      let data = 0;
      let imports = 0;
      for (let round = 1; round <= rounds; round += 1) {
        const options = random.pick([{}, { delayedDelete: true }, { keepDeletedDays: 1e-9 }]);
        const before = (await storage.images()).length;
        const start = () => processes.start({ ...settings, options });
        const children = await Promise.all([start(), start()]);
        await Promise.all(children.map(({ begun }) => begun));
        await until('something goes on', async () => (await storage.images()).length !== before);
        for (const child of children) {
          await sleep(random.whole(0, 150));
          assert.equal((await child.kill()).signal, 'SIGKILL');
        }
        for (const { blobs, tasks = [] } of await storage.images()) {
          data += blobs.filter(({ process, purpose }) => process !== null && purpose === 'data').length;
          if (runningTask({ tasks }) !== undefined) imports += 1;
        }
        await recover(storage);
      }
      assert.ok(data > 0, 'no data was ever interrupted: this has tested nothing');
      assert.ok(imports > 0, 'no import was ever interrupted: this has tested too little');
    });
  } finally {
    await processes.killAll();
    await storage.end();
    await source.stop();
  }
}
