import type { IncomingHttpHeaders } from 'node:http';
import { RegistryError } from '../errors.js';
import type { ByteRange } from '../services/download-image.js';

/**
 * The range that a download asks for. The Images API v2 is stricter than RFC 9110 section 14.2: a range that is none is refused, not ignored;
 * and old clients name it in a `Content-Range`.
 * @param size bytes of the image
 * @returns null when all of it is wanted
 * @throws RegistryError `range_not_satisfiable`; `bad_request` for several ranges
 */
export function wantedRange(headers: IncomingHttpHeaders, size: number): ByteRange | null {
  const { range, 'content-range': contentRange } = headers;
  if (range !== undefined) return requested(range, size);
  return contentRange === undefined ? null : described(contentRange, size);
}

/** `bytes=a-b`, `bytes=a-` or `bytes=-n` */
function requested(header: string, size: number): ByteRange {
  if (header.includes(','))
    throw new RegistryError('bad_request', 'Only one range can be asked for at a time.');
  const [match, first = '', last = ''] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header) ?? [];
  if (match === undefined || (first === '' && last === '')) throw notSatisfiable(size);
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return checked(start, end, size);
}

/** `bytes a-b/length`, where length may be `*`: then b must lie within the data. */
function described(header: string, size: number): ByteRange {
  const [match, first, last, length] = /^bytes\s+(\d+)-(\d+)\/(\d+|\*)$/i.exec(header.trim()) ?? [];
  if (match === undefined || (length === '*' && Number(last) >= size)) throw notSatisfiable(size);
  return checked(Number(first), Math.min(Number(last), size - 1), size);
}

function checked(start: number, end: number, size: number): ByteRange {
  if (start >= size || end < start) throw notSatisfiable(size);
  return { start, end };
}

function notSatisfiable(size: number): RegistryError {
  return new RegistryError('range_not_satisfiable', `This image has ${size} bytes.`, {
    headers: { 'Content-Range': `bytes */${size}` },
  });
}
