/**
 * The standalone server: `npm start -- --port 9292`. `--help` lists the flags.
 *
 * Exit codes: 0 after SIGTERM or SIGINT, 1 when it cannot start or stop, 2 for a setting that cannot be obeyed.
 */
import { pino } from 'pino';
import { faultLine } from './fault-line.js';
import type { Settings } from './flags.js';
import { readSettings } from './settings.js';
import { onSignal } from './shutdown.js';
import { start } from './start.js';
import { UsageError } from './usage-error.js';

try {
  const settings = readSettings(process.argv.slice(2), process.env);
  if (typeof settings === 'string') process.stdout.write(settings);
  else await serve(settings);
} catch (error) {
  fail(error);
}

async function serve(settings: Settings): Promise<void> {
  const log = pino({ level: settings.logLevel }, pino.destination({ dest: 2, sync: true }));
  const running = await start(settings, log);
  onSignal((signal) => {
    log.info({ signal }, 'stopping');
    // Storage that does not answer must not keep the process.
    const late = new Error(
      `not stopped within ${settings.shutdownTimeout} s: what was going on is settled by the next start`,
    );
    setTimeout(() => fail(late), settings.shutdownTimeout * 1000);
    running.stop().then(() => process.exit(0), fail);
  });
  console.log(`listening on ${running.url}`);
}

function fail(error: unknown): never {
  const misused = error instanceof UsageError;
  process.stderr.write(`${misused ? error.message : faultLine(error)}\n`);
  // Storage that could not be reached may keep trying, so the process does not wait for it.
  process.exit(misused ? 2 : 1);
}
