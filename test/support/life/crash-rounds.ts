import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { CrashLoad } from './crash-load.js';
import type { CrashProcesses } from './crash-process.js';
import { CrashRandom } from './crash-random.js';
import { folderFaults } from './crash-soundness.js';
import type { DataFolder } from './data-folder.js';
import { until } from '../until.js';

/**
 * Kills the example server at random moments under load and starts it again, and looks each time at what the restarted
 * one makes of it.
 */
export async function surviveRounds(
  rounds: number,
  processes: CrashProcesses,
  folder: DataFolder,
  args: readonly string[] = [],
): Promise<void> {
  const random = new CrashRandom();
  const load = new CrashLoad(random);
  const start = (): ReturnType<CrashProcesses['start']> =>
    processes.start('example/server.ts', ['--port', '0', '--data', folder.path, ...args]);
  let interrupted = 0;
  try {
    let server = await start();
    for (let round = 1; round <= rounds; round += 1) {
      const working = load.run(server.url, 5);
      const begun = load.begun;
      await until('an upload has begun', () => load.begun > begun);
      await sleep(random.whole(0, 400));
      await server.kill();
      await working;
      const left = await folder.images();
      interrupted += left.filter(({ blobs }) => blobs.some(({ process }) => process !== null)).length;
      server = await start();
      await until(`the sweep of round ${round} has run`, () => folder.isSettled());
      assert.deepEqual(await folderFaults(folder), [], `round ${round}`);
      assert.deepEqual(await load.faults(server.url, folder), [], `round ${round}`);
    }
    assert.equal((await server.kill()).signal, 'SIGKILL');
    assert.ok(interrupted > 0, 'no upload was ever interrupted: this has tested nothing');
  } catch (error) {
    throw new Error(`with CRASH_SEED=${random.seed}`, { cause: error });
  }
}
