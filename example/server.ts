/**
 * The standalone server: `npm start -- --port 9292`. `--help` tells the flags.
 *
 * Exit codes: 0 after SIGTERM or SIGINT, 1 when it cannot start or stop, 2 for a flag that cannot be obeyed.
 */
import { pino } from 'pino';
import { faultLine } from './fault-line.js';
import { UsageError, helpText, readSettings } from './settings.js';
import { onSignal } from './shutdown.js';
import { start } from './start.js';

try {
  const settings = readSettings(process.argv.slice(2), process.env);
  if (settings === 'help') {
    process.stdout.write(helpText());
  } else {
    const log = pino({ level: settings['log-level'] }, pino.destination({ dest: 2, sync: true }));
    const running = await start(settings, log);
    onSignal((signal) => {
      log.info({ signal }, 'stopping');
      running.stop().then(() => process.exit(0), fail);
    });
    console.log(`listening on ${running.url}`);
  }
} catch (error) {
  fail(error);
}

function fail(error: unknown): never {
  process.stderr.write(`${faultLine(error)}\n`);
  // Storage that could not be reached may keep trying, so the process does not wait for it.
  process.exit(error instanceof UsageError ? 2 : 1);
}
