import { RegistryError } from '../errors.js';

/*
 * Values as byte strings (one character, one byte) whose order is the order of the values. No value is a prefix of
 * another of its kind, so that what follows in a row never disturbs the order.
 */

/** Characters: no name is longer, but what is asked for may be, and must not make a row too long for the key space. */
const MAX_TEXT = 255;
const WORD = 2 ** 32;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Text in the order of its UTF-8 bytes, of which what is behind the 255th character does not count; lone surrogates
 * become U+FFFD. A NUL is followed by FF, two NULs end the text: at most 1 022 bytes.
 */
export function encodeText(text: string): string {
  const short =
    text.length > MAX_TEXT
      ? Array.from(text.slice(0, 2 * MAX_TEXT))
          .slice(0, MAX_TEXT)
          .join('')
      : text;
  const bytes = Buffer.byteLength(short) === short.length ? short : Buffer.from(short).toString('latin1');
  return bytes.replaceAll('\0', '\0\xff') + '\0\0';
}

/**
 * A number in 8 bytes. What is below 0 or above 2^53 - 1 counts as the nearest of the two, fractions are cut off.
 * @throws RegistryError `internal` when it is NaN
 */
export function encodeNumber(value: number): string {
  if (Number.isNaN(value)) throw new RegistryError('internal', 'NaN has no place in an index');
  const whole = Math.floor(Math.min(Math.max(value, 0), Number.MAX_SAFE_INTEGER));
  return bytes32(whole / WORD) + bytes32(whole);
}

/**
 * A time `YYYY-MM-DDTHH:MM:SS.ffffff` in 8 bytes: 5 for the seconds (as if every month had 32 days), 3 for the rest.
 * @throws RegistryError `internal` when it is written otherwise
 */
export function encodeTime(time: string): string {
  if (!TIME.test(time)) throw new RegistryError('internal', `Not a time as images have it: ${time}`);
  const days = (digits(time, 0, 4) * 13 + digits(time, 5, 2)) * 32 + digits(time, 8, 2);
  const minutes = (days * 24 + digits(time, 11, 2)) * 60 + digits(time, 14, 2);
  const seconds = minutes * 61 + digits(time, 17, 2);
  const micro = digits(time, 20, 6);
  // Year 9999 needs 39 bits, microseconds 20.
  return String.fromCharCode(seconds / WORD) + bytes32(seconds) + bytes32(micro).slice(1);
}

/** Listings encode a time for each image: no text is made of its parts. */
function digits(time: string, start: number, count: number): number {
  let value = 0;
  for (let at = start; at < start + count; at++) value = value * 10 + time.charCodeAt(at) - 48;
  return value;
}

/**
 * A uuid in 16 bytes.
 * @throws RegistryError `internal` when it is not 32 lower-case hex digits with hyphens
 */
export function encodeId(id: string): string {
  if (!isImageId(id)) throw new RegistryError('internal', `Not an image id: ${id}`);
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('latin1');
}

/** The uuid that ends a row. */
export function decodeId(row: string): string {
  let id = '';
  const start = row.length - 16;
  for (let at = 0; at < 16; at++) {
    if (at === 4 || at === 6 || at === 8 || at === 10) id += '-';
    id += HEX[row.charCodeAt(start + at)] ?? '';
  }
  return id;
}

/** Whether `id` is a uuid as images have it: lower-case with hyphens. */
export function isImageId(id: string): boolean {
  return UUID.test(id);
}

/** The lowest 32 bits, highest byte first. */
function bytes32(value: number): string {
  return String.fromCharCode(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}
