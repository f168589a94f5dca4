import type { Request } from 'express';
import { RegistryError } from '../errors.js';

/**
 * Refuses changes that another site makes a browser send with its user's cookie, stored password or mere network position. A request with
 * `X-Auth-Token` cannot be forged that way: browsers send no such header for another site.
 *
 * @param base address of the mount as the client sees it
 * @param allowedOrigins pages elsewhere that may make changes
 * @throws RegistryError `forbidden`
 */
export function requireSameOrigin(request: Request, base: string, allowedOrigins: readonly string[]): void {
  const { origin } = request.headers;
  if (request.headers['x-auth-token'] !== undefined) return;
  if (request.method === 'GET' || request.method === 'HEAD') return;
  // Where a browser keeps the Origin to itself it still tells this, W3C Fetch Metadata.
  const crossSite = request.headers['sec-fetch-site'] === 'cross-site';
  if (origin === undefined && !crossSite) return;
  // RFC 6454 section 4: an origin is a scheme, a host and a port. What was loaded without TLS is anybody's page.
  if (origin !== undefined && [new URL(base).origin, ...allowedOrigins].includes(origin)) return;
  throw new RegistryError('forbidden', 'This change comes from a page of another site.');
}
