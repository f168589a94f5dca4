import { RegistryError } from '../errors.js';

/** A range of bytes, both ends inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a `Range` header, RFC 9110 section 14.2, for a body of `size` bytes.
 * @returns null when the whole body is to be sent: there is no such header, its unit is not bytes, it is malformed or names several ranges
 * @throws RegistryError `range_not_satisfiable` with `Content-Range`
 */
export function parseRange(header: string | undefined, size: number): ByteRange | null {
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? '');
  if (match === null) return null;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return null;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size || end < start)
    throw new RegistryError('range_not_satisfiable', `This image has ${size} bytes.`, {
      headers: { 'Content-Range': `bytes */${size}` },
    });
  return { start, end };
}
