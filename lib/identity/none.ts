import type { Identity } from '../domain/identity.js';
import type { Authenticate } from './identity.js';

/**
 * Everyone is the same caller: for trying out, never where strangers can connect.
 *
 * @param identity who everyone is; default user `admin` of project `admin` with the role `admin`
 */
export function none(
  identity: Identity = { user: 'admin', project: 'admin', roles: ['admin'] },
): Authenticate {
  return () => identity;
}
