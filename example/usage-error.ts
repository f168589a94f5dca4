import { faultLine } from './fault-line.js';
import { flagOf, GROUPS } from './flags.js';

/** A setting that cannot be obeyed; the message is one line for the operator. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Options of the library whose flags have other names. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'sources.networks': 'allowSources',
  'blobs.stores': 'store',
  'blobs.defaultStore': 'defaultStore',
  from: 'trustedProxies',
  'accelRedirect.from': 'trustedProxies',
  url: 'keystoneUrl',
};

const SETTINGS = new Set(Object.values(GROUPS).flatMap((group) => Object.keys(group)));

/**
 * Does the work; what the library says about an option is said about the flag that it came from.
 * @throws UsageError in place of a TypeError
 */
export async function inFlags<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const message = faultLine(error).replaceAll(
      /(?:\w+: )?option ([\w.]+)(?:\[\d+\])?/g,
      (said, option: string) => {
        const name = OTHER_NAMES[option] ?? option;
        return SETTINGS.has(name) ? flagOf(name) : said;
      },
    );
    throw new UsageError(message, { cause: error });
  }
}
