import type { IncomingMessage } from 'node:http';
import { ANONYMOUS, type Identity, hasRole } from '../domain/identity.js';
import { RegistryError } from '../errors.js';
import { checkOptions, NAME } from './check-options.js';
import type { Authenticate } from './identity.js';
import { PeerNetworks } from './peer-networks.js';

/** What `trustedHeaders` takes. */
export interface TrustedHeadersOptions {
  /**
   * IP addresses and networks (`10.0.0.0/8`) of the proxies whose headers are believed, at least one. The other end of the TCP
   * connection counts, never `X-Forwarded-For`; a connection over a Unix socket has no address and is refused.
   */
  readonly from: readonly string[];
  /** Callers whom the proxy could not identify may read what is public. Default false: they get 401. */
  readonly allowAnonymous?: boolean;
  /** The role that makes an admin, without regard to case. Default `admin`. */
  readonly adminRole?: string;
}

/**
 * Believes the identity headers of a proxy that has authenticated the caller, as keystonemiddleware's `auth_token` sets
 * them: `X-Identity-Status`, `X-User-Id`, `X-Project-Id` (or `X-Tenant-Id`) and `X-Roles`. Requests from elsewhere get
 * 401, whatever they carry. Only `X-Identity-Status: Confirmed` with a user is an identity; a header that comes
 * twice with different values makes it none.
 *
 * @throws TypeError for a bad option; the message names it
 */
export function trustedHeaders(options: TrustedHeadersOptions): Authenticate {
  const addresses = { type: 'array', items: NAME, minItems: 1 };
  checkOptions(
    'trustedHeaders',
    { from: addresses, allowAnonymous: { type: 'boolean' }, adminRole: NAME },
    ['from'],
    options,
  );
  const { allowAnonymous = false, adminRole = 'admin' } = options;
  const networks = new PeerNetworks(options.from, 'trustedHeaders: option from');
  return (request) => {
    if (!networks.has(request.socket.remoteAddress)) {
      throw new RegistryError('unauthorized', 'Identity headers are not accepted from this address.', {
        headers: { 'WWW-Authenticate': 'Token realm="images"' },
      });
    }
    if (contradictory(request)) return null;
    if (valueOf(request, 'x-identity-status') === 'Confirmed') return confirmed(request, adminRole);
    return allowAnonymous ? ANONYMOUS : null;
  };
}

const HEADERS = ['x-identity-status', 'x-user-id', 'x-project-id', 'x-tenant-id', 'x-roles'] as const;

/** Whether a header came more than once and not with the same value: a proxy that does not strip the client's own. */
function contradictory(request: IncomingMessage): boolean {
  return HEADERS.some((name) => new Set(request.headersDistinct[name]).size > 1);
}

function confirmed(request: IncomingMessage, adminRole: string): Identity | null {
  const user = valueOf(request, 'x-user-id');
  const project = valueOf(request, 'x-project-id');
  const tenant = valueOf(request, 'x-tenant-id');
  if (user === null || (project !== null && tenant !== null && project !== tenant)) return null;
  // A proxy that joins repeated headers does so with commas; no id of Keystone's has one.
  if ([user, project, tenant].some((id) => id?.includes(','))) return null;
  const roles = (valueOf(request, 'x-roles') ?? '')
    .split(',')
    .map((role) => role.trim())
    .filter((role) => role !== '');
  return { user, project: project ?? tenant, roles, admin: hasRole(roles, adminRole) };
}

/** The value of a header, null when it is missing or empty. */
function valueOf(request: IncomingMessage, name: (typeof HEADERS)[number]): string | null {
  const value = request.headersDistinct[name]?.[0] ?? '';
  // WSGI middleware sends UTF-8; Node reads header bytes as latin1.
  return value === '' ? null : Buffer.from(value, 'latin1').toString('utf8');
}
