import type { ImageRegistryOptions } from 'express-image-registry';
import { REGISTRY, type Settings } from './flags.js';
import { strategyOf } from './strategy.js';

/** What the flags say to the registry, apart from where it keeps things. */
export function registryOptions(settings: Settings): ImageRegistryOptions {
  const { accelRedirect: prefix, trustedProxies: from } = settings;
  const set = Object.entries(settings).filter(([name, value]) => name in REGISTRY && value !== undefined);
  return {
    ...Object.fromEntries(set),
    ...(prefix === undefined || from.length === 0 ? {} : { accelRedirect: { prefix, from } }),
    authenticate: strategyOf(settings),
    ...(settings.rights === undefined ? {} : { policy: settings.rights }),
    sources: { networks: settings.allowSources },
  };
}
