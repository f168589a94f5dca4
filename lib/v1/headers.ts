import type { IncomingMessage } from 'node:http';
import { UTF8 } from '../http/utf8.js';
import type { Description } from './fields.js';

const PREFIX = 'x-image-meta-';

/**
 * Reads the metadata of a request's headers into a description.
 * @param lenient decode what python-glanceclient percent-encodes, as it does since it moved to Python 3
 * @throws RegistryError `bad_request` naming the header
 */
export function readHeaders(request: IncomingMessage, lenient: boolean, description: Description): void {
  const escaped = lenient && /python-glanceclient/i.test(request.headers['user-agent'] ?? '');
  const decode = escaped ? unescape : (text: string): string => text;
  for (const [name, raw] of Object.entries(request.headers)) {
    if (typeof raw !== 'string') continue;
    if (name.startsWith(PREFIX))
      description.add(decode(name.slice(PREFIX.length)), decode(fromWire(raw)), name);
    else if (name === 'x-glance-api-copy-from') description.addCopyFrom(decode(fromWire(raw)));
  }
}

/** Node reads headers as latin1; clients send UTF-8 bytes. What is no UTF-8 stays as it was read. */
function fromWire(value: string): string {
  try {
    return UTF8.decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}

/** The form of a text that Node writes to headers as UTF-8 bytes; null when no header can hold it. */
export function toWire(text: string): string | null {
  // RFC 9110 section 5.5: neither CR, LF nor NUL may stand in a field value; Node refuses all controls but tab.
  return /[^\P{Cc}\t]/u.test(text) ? null : Buffer.from(text, 'utf8').toString('latin1');
}

/** Whether a header can have this name, RFC 9110 section 5.1. */
export function isToken(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name);
}

function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
