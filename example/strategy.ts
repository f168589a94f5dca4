import { basic, devTokens, keystone, none, trustedHeaders, type Authenticate } from 'express-image-registry';
import { flagOf, type Settings } from './flags.js';
import { UsageError } from './usage-error.js';

/**
 * The identity strategy that the flags choose.
 * @throws UsageError when a flag that it needs is missing
 */
export function strategyOf(settings: Settings): Authenticate {
  const { allowAnonymous, trustedProxies } = settings;
  switch (settings.auth) {
    case 'none':
      return none();
    case 'token':
      return devTokens();
    case 'basic':
      return basic(needed(settings, 'htpasswd'));
    case 'headers':
      if (trustedProxies.length === 0) throw new UsageError('--auth headers needs --trusted-proxies');
      return trustedHeaders({ from: trustedProxies, allowAnonymous });
    case 'keystone':
      return keystone({
        url: needed(settings, 'keystoneUrl'),
        credentials: {
          username: needed(settings, 'keystoneUser'),
          password: needed(settings, 'keystonePassword'),
          projectName: settings.keystoneProject,
          userDomain: settings.keystoneUserDomain,
          projectDomain: settings.keystoneProjectDomain,
        },
        allowAnonymous,
      });
  }
}

function needed(
  settings: Settings,
  name: 'htpasswd' | 'keystoneUrl' | 'keystoneUser' | 'keystonePassword',
): string {
  const value = settings[name];
  if (value === undefined) throw new UsageError(`--auth ${settings.auth} needs ${flagOf(name)}`);
  return value;
}
