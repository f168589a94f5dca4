import type { IncomingMessage } from 'node:http';

/**
 * The request's `X-Auth-Token`, null when there is none. python-glanceclient percent-encodes header values, this one too, so
 * escapes are decoded; what is no valid escape stays as it is.
 */
export function tokenOf(request: IncomingMessage): string | null {
  const header = request.headers['x-auth-token'];
  if (typeof header !== 'string' || header === '') return null;
  const text = Buffer.from(header, 'latin1').toString('utf8');
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
