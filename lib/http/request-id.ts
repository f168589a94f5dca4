import type { IncomingMessage } from 'node:http';

/**
 * The id of a request: the caller's own `X-Openstack-Request-Id` when it is at most 64 plain characters, with `req-` before it when it lacks
 * that, else a new one.
 */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-openstack-request-id'];
  if (typeof given === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(given))
    return given.startsWith('req-') ? given : `req-${given}`;
  return `req-${crypto.randomUUID()}`;
}
