import type { ImageRegistryOptions } from '../lib/index.js';
import type { Settings } from './flags.js';
import { strategyOf } from './strategy.js';

/** What the flags say to the registry, apart from where it keeps things. */
export function registryOptions(settings: Settings): ImageRegistryOptions {
  const publicEndpoint = settings['public-endpoint'];
  const policyFile = settings.policy;
  const propertyProtectionsFile = settings['property-protections'];
  return {
    authenticate: strategyOf(settings),
    ...(publicEndpoint === undefined ? {} : { publicEndpoint }),
    lenientClients: settings['lenient-clients'],
    limitDefault: Math.min(settings['limit-default'], settings['limit-max']),
    limitMax: settings['limit-max'],
    imageSizeCap: settings['image-size-cap'],
    imagePropertyQuota: settings['image-property-quota'],
    imageMemberQuota: settings['image-member-quota'],
    imageCountQuota: settings['image-count-quota'],
    userStorageQuota: settings['user-storage-quota'],
    ...(policyFile === undefined ? {} : { policyFile }),
    ...(propertyProtectionsFile === undefined ? {} : { propertyProtectionsFile }),
    propertyProtectionsFormat: settings['property-protection-format'],
    sources: { networks: settings['allow-sources'] },
    copyConcurrency: settings['copy-concurrency'],
    delayedDelete: settings['delayed-delete'],
    scrubTime: settings['scrub-time'],
    keepDeletedDays: settings['keep-deleted-days'],
    sweepInterval: settings['sweep-interval'],
    diskFormats: settings['disk-formats'],
    containerFormats: settings['container-formats'],
  };
}
