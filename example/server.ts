/**
 * The standalone server: `npm start -- --port 9292`. `--help` lists the flags.
 *
 * Exit codes: 0 after SIGTERM or SIGINT, 1 when it cannot start or stop, 2 for a setting that cannot be obeyed.
 */
import cluster from 'node:cluster';
import { faultLine } from './fault-line.js';
import type { Settings } from './flags.js';
import { logOf } from './log.js';
import { readSettings } from './settings.js';
import { onSignal, stopInTime } from './shutdown.js';
import { start } from './start.js';
import { UsageError } from './usage-error.js';
import { work } from './worker.js';
import { startWorkers } from './workers.js';

try {
  if (cluster.isWorker) await work();
  else {
    const settings = readSettings(process.argv.slice(2), process.env);
    if (typeof settings === 'string') process.stdout.write(settings);
    else await serve(settings);
  }
} catch (error) {
  fail(error);
}

async function serve(settings: Settings): Promise<void> {
  const log = logOf(settings);
  const running = await (settings.workers === 1 ? start(settings, log) : startWorkers(settings, log));
  onSignal((signal) => {
    log.info({ signal }, 'stopping');
    stopInTime(running, settings.shutdownTimeout).then(() => process.exit(0), fail);
  });
  console.log(`listening on ${running.url}`);
}

function fail(error: unknown): never {
  const misused = error instanceof UsageError;
  process.stderr.write(`${misused ? error.message : faultLine(error)}\n`);
  // Storage that could not be reached may keep trying, so the process does not wait for it.
  process.exit(misused ? 2 : 1);
}
