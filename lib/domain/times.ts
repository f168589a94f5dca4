/** A time as records hold it: UTC, `YYYY-MM-DDTHH:MM:SS.ffffff`, so that text order is the order of time. */
export type Time = string;

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;
/** The same without hyphens and colons. */
const BASIC_ISO =
  /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(?:(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/**
 * Reads a time in the common forms of ISO 8601; without a zone it is UTC.
 * @returns null when the text is no time or the year, in UTC, is not 1900 to 9999
 */
export function parseTime(text: string): Time | null {
  const match = ISO.exec(text.trim()) ?? BASIC_ISO.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const at = Date.parse(`${local}Z`);
  // Date.parse lets 30 February roll over into March.
  if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(local)) return null;
  const utc = new Date(at - zoneMinutes(zone) * 60_000);
  const utcYear = utc.getUTCFullYear();
  if (utcYear < 1900 || utcYear > 9999) return null;
  return `${utc.toISOString().slice(0, 19)}.${fraction.padEnd(6, '0').slice(0, 6)}`;
}

function zoneMinutes(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return zone.startsWith('-') ? -minutes : minutes;
}

/** Microseconds that a clock stays ahead of the system's when that is set back, so that no order is in doubt: 10 seconds. */
const AHEAD = 10_000_000;

/**
 * Gives the time of now; strictly increasing, so that the order of creation is never in doubt within a process, but where the time of the
 * system was set back by more than 10 seconds: that was wrong before, and nothing must be stamped with it any longer.
 */
export class Clock {
  readonly #wall: () => number;
  #last = 0;
  /** The last second that was given, and how it is written. */
  #second = { at: 0, text: '1970-01-01T00:00:00' };

  /** @param wall milliseconds since 1970. Default: the time of the system */
  constructor(wall: () => number = Date.now) {
    this.#wall = wall;
  }

  now(): Time {
    const wall = this.#wall() * 1000;
    this.#last = this.#last - wall > AHEAD ? wall : Math.max(wall, this.#last + 1);
    const at = Math.floor(this.#last / 1_000_000);
    if (at !== this.#second.at) this.#second = { at, text: new Date(at * 1000).toISOString().slice(0, 19) };
    return `${this.#second.text}.${String(this.#last % 1_000_000).padStart(6, '0')}`;
  }
}

/** The time so many milliseconds after (before, when negative) another. */
export function timeAfter(time: Time, milliseconds: number): Time {
  const moved = new Date(Date.parse(`${time.slice(0, 23)}Z`) + milliseconds).toISOString();
  return `${moved.slice(0, 23)}${time.slice(23)}`;
}
