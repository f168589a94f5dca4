import { devTokens, none } from '../lib/index.js';
import type { ImageRegistryOptions } from '../lib/index.js';
import type { Settings } from './flags.js';

/** What the flags say to the registry, apart from where it keeps things. */
export function registryOptions(settings: Settings): ImageRegistryOptions {
  const publicEndpoint = settings['public-endpoint'];
  return {
    authenticate: settings.auth === 'none' ? none() : devTokens(),
    ...(publicEndpoint === undefined ? {} : { publicEndpoint }),
    lenientClients: settings['lenient-clients'],
    limitDefault: settings['limit-default'],
    limitMax: settings['limit-max'],
    imageSizeCap: settings['image-size-cap'],
    imagePropertyQuota: settings['image-property-quota'],
    diskFormats: settings['disk-formats'],
    containerFormats: settings['container-formats'],
  };
}
