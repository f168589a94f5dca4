import type { IncomingMessage } from 'node:http';
import type { Identity } from '../domain/identity.js';
import type { Authenticate } from './identity.js';
import { tokenOf } from './token.js';

/**
 * Believes what a token says: `X-Auth-Token: user:project:role1,role2`. For development and tests: anyone can write
 * any token. The role `admin` makes an admin; an empty project is none.
 */
export function devTokens(): Authenticate {
  const authenticate = (request: IncomingMessage): Identity | null => {
    const token = tokenOf(request);
    if (token === null) return null;
    const [user = '', project, roles = '', ...rest] = token.split(':');
    if (user === '' || project === undefined || rest.length > 0) return null;
    return {
      user,
      project: project === '' ? null : project,
      roles: roles.split(',').filter((role) => role !== ''),
    };
  };
  return Object.assign(authenticate, { challenge: 'Token realm="user:project:roles"' });
}
