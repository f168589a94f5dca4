import type { IncomingMessage } from 'node:http';

/**
 * Refuses an answer whose body is not the plain bytes of the source: packed bodies are never unpacked.
 * @throws Error
 */
export function checkPlain({ headers }: IncomingMessage): void {
  const { 'content-encoding': content = 'identity', 'transfer-encoding': transfer = 'chunked' } = headers;
  if (content.trim().toLowerCase() !== 'identity') throw new Error('the source sends packed data');
  if (transfer.trim().toLowerCase() !== 'chunked')
    throw new Error('the source sends data in an unknown coding');
}

/** The declared length of the body in bytes; null when there is none that counts (RFC 9112 6.3). */
export function declaredLength({ headers }: IncomingMessage): number | null {
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  return coding === undefined && length !== undefined ? toSize(length) : null;
}

/** Whether the answer declares in some way where its body ends, so that a broken connection can be told from its end. */
export function hasEnd(response: IncomingMessage): boolean {
  return response.headers['transfer-encoding'] !== undefined || declaredLength(response) !== null;
}

/** What a Content-Range says (RFC 9110 14.4); null for what it leaves open. */
export interface ContentRange {
  readonly span: { readonly start: number; readonly end: number } | null;
  readonly size: number | null;
}

/** @returns null when there is no Content-Range, or none in bytes that makes sense */
export function contentRange({ headers }: IncomingMessage): ContentRange | null {
  const match = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/i.exec(headers['content-range'] ?? '');
  if (match === null) return null;
  const [, first, last, total = '*'] = match;
  const size = total === '*' ? null : toSize(total);
  if (first === undefined || last === undefined) return { span: null, size };
  const [start, end] = [toSize(first), toSize(last)];
  if (start === null || end === null || end < start || (size !== null && end >= size)) return null;
  return { span: { start, end }, size };
}

function toSize(digits: string): number | null {
  const size = Number(digits);
  return /^\d+$/.test(digits) && Number.isSafeInteger(size) ? size : null;
}
