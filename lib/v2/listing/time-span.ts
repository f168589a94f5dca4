import type { TimeSpan } from '../../domain/filters.js';
import { parseTime, timeAfter, type Time } from '../../domain/times.js';
import { RegistryError } from '../../errors.js';

/** The last of all times. */
const LAST: Time = '9999-12-31T23:59:59.999999';

/**
 * Reads a comparison with a time: `gt:TIME` and the like; a bare time is `eq:`. Images are compared by whole seconds, as views show them, so
 * that `eq:` finds what a view says and `gt:` does not find it again.
 * @param name of the parameter, for messages
 * @throws RegistryError `bad_request`
 */
export function readTimeSpan(text: string, name: string): TimeSpan {
  const bare = parseTime(text);
  const only = bare === null ? undefined : spanOf('eq', bare);
  if (only !== undefined) return only;
  const [, word = '', rest = ''] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  const time = parseTime(rest);
  const span = time === null ? undefined : spanOf(word, time);
  if (span === undefined)
    throw new RegistryError(
      'bad_request',
      `${name} must be a time in ISO 8601, with eq:, neq:, gt:, gte:, lt: or lte: before it.`,
    );
  return span;
}

/** The times, in the microseconds of records, that are shown as a second for which the comparison holds. */
function spanOf(word: string, time: Time): TimeSpan | undefined {
  const first = `${time.slice(0, 19)}.000000`;
  const last = `${time.slice(0, 19)}.999999`;
  const isWhole = first === time;
  switch (word) {
    case 'eq':
      // No view shows a part of a second.
      return isWhole ? { min: first, max: last } : NEVER;
    case 'neq':
      return isWhole ? { min: first, max: last, outside: true } : {};
    case 'gt':
      return { min: secondAfter(first) };
    case 'gte':
      return { min: isWhole ? first : secondAfter(first) };
    case 'lt':
      return { max: isWhole ? `${timeAfter(first, -1000).slice(0, 19)}.999999` : last };
    case 'lte':
      return { max: last };
    default:
      return undefined;
  }
}

const NEVER: TimeSpan = { min: LAST, max: LAST };

/** Years have four digits: after the last second there is nothing but its end. */
function secondAfter(second: Time): Time {
  return second.startsWith(LAST.slice(0, 19)) ? LAST : timeAfter(second, 1000);
}
