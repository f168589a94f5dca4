import type { Request } from 'express';
import { RegistryError } from '../errors.js';

/**
 * Refuses changes that another site makes a browser send with its user's cookie, stored password or mere network position. A request with
 * `X-Auth-Token` cannot be forged that way: browsers send no such header for another site.
 *
 * @param base address of the mount as the client sees it
 * @throws RegistryError `forbidden`
 */
export function requireSameOrigin(request: Request, base: string): void {
  const { origin } = request.headers;
  if (origin === undefined || request.headers['x-auth-token'] !== undefined) return;
  if (request.method === 'GET' || request.method === 'HEAD') return;
  if (URL.canParse(origin) && new URL(origin).host === new URL(base).host) return;
  throw new RegistryError('forbidden', 'This change comes from a page of another site.');
}
