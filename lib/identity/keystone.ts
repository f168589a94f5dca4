import type { IncomingMessage } from 'node:http';
import { ANONYMOUS, type Identity } from '../domain/identity.js';
import type { Authenticate } from './identity.js';
import { KeystoneClient } from './keystone-client.js';
import { keystoneSettings, type KeystoneOptions } from './keystone-options.js';
import { KeystoneSession } from './keystone-session.js';
import { KeystoneTokens } from './keystone-tokens.js';
import { tokenOf } from './token.js';

/** Visible ASCII that a header can carry, 16 KiB at most; Keystone makes no other tokens. */
const TOKEN = /^[\x21-\x7e]{1,16384}$/;

/**
 * Callers show a token (`X-Auth-Token`) that Keystone gave them; Keystone tells who they are (Identity API v3, `GET
 * /v3/auth/tokens`). Answers are kept for `cacheTime`; many requests with the same new token make one to Keystone. The
 * registry's own token is fetched when the first request comes, and renewed when it ends.
 *
 * A token that Keystone does not know, that is over, longer than 16 KiB or no header text gives 401 with `WWW-Authenticate:
 * Keystone uri="..."`. Keystone that is down, slow, not understood or refuses the registry itself gives 503.
 * `X-Service-Token` counts for nothing: a token that has ended is never taken.
 *
 * @throws TypeError for a bad option; the message names it
 */
export function keystone(options: KeystoneOptions): Authenticate {
  const settings = keystoneSettings(options);
  const { allowAnonymous, adminRole, cacheSize } = settings;
  const cacheTime = settings.cacheTime * 1000;
  const negativeTime = settings.negativeTime * 1000;
  const client = new KeystoneClient(settings.url, settings.deadline, settings.ca);
  const session = new KeystoneSession(client, settings.credentials, negativeTime);
  const tokens = new KeystoneTokens(client, session, { cacheTime, cacheSize, negativeTime, adminRole });

  const authenticate = async (request: IncomingMessage): Promise<Identity | null> => {
    const token = tokenOf(request);
    if (token === null) return allowAnonymous ? ANONYMOUS : null;
    return TOKEN.test(token) ? tokens.identityOf(token) : null;
  };
  const close = (): Promise<void> => {
    tokens.clear();
    client.close();
    return Promise.resolve();
  };
  return Object.assign(authenticate, { challenge: `Keystone uri="${settings.publicUrl}"`, close });
}
