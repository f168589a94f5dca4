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
  if (request.headers['x-auth-token'] !== undefined) return;
  if (request.method === 'GET' || request.method === 'HEAD') return;
  // Where a browser keeps the Origin to itself it still tells this, W3C Fetch Metadata.
  const crossSite = request.headers['sec-fetch-site'] === 'cross-site';
  if (origin === undefined && !crossSite) return;
  if (origin !== undefined && URL.canParse(origin) && new URL(origin).host === new URL(base).host) return;
  throw new RegistryError('forbidden', 'This change comes from a page of another site.');
}
