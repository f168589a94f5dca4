import { pino, type Logger } from 'pino';
import type { Settings } from './flags.js';

/** The log of this process, on stderr. */
export function logOf({ logLevel }: Pick<Settings, 'logLevel'>): Logger {
  return pino({ level: logLevel }, pino.destination({ dest: 2, sync: true }));
}
