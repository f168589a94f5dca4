import { basic, devTokens, keystone, none, trustedHeaders } from '../lib/index.js';
import type { Authenticate } from '../lib/index.js';
import type { Settings } from './flags.js';
import { UsageError } from './settings.js';

/**
 * The identity strategy that the flags choose.
 * @throws UsageError when a flag that it needs is missing
 */
export function strategyOf(settings: Settings): Authenticate {
  const allowAnonymous = settings['allow-anonymous'];
  switch (settings.auth) {
    case 'none':
      return none();
    case 'token':
      return devTokens();
    case 'basic':
      return basic(needed(settings, 'htpasswd'));
    case 'headers': {
      const from = settings['trusted-proxies'];
      if (from.length === 0) throw new UsageError('--auth headers needs --trusted-proxies');
      return trustedHeaders({ from, allowAnonymous });
    }
    case 'keystone':
      return keystone({
        url: needed(settings, 'keystone-url'),
        credentials: {
          username: needed(settings, 'keystone-user'),
          password: needed(settings, 'keystone-password'),
          projectName: settings['keystone-project'],
          userDomain: settings['keystone-user-domain'],
          projectDomain: settings['keystone-project-domain'],
        },
        allowAnonymous,
      });
  }
}

type Optional = 'htpasswd' | 'keystone-url' | 'keystone-user' | 'keystone-password';

function needed(settings: Settings, name: Optional): string {
  const value = settings[name];
  if (value === undefined) throw new UsageError(`--auth ${settings.auth} needs --${name}`);
  return value;
}
