import { parseProtections } from '../../../lib/domain/property-protections-file.js';
import { memoryStore, type BlobStore, type ImageRegistryOptions } from '../../../lib/index.js';
import type { Scenario, ScenarioServer } from './vectors.js';

/** The options that set a registry up as the server of a scenario was. */
export function optionsOf({ server = {} }: Scenario): Partial<ImageRegistryOptions> {
  const { policy, propertyProtections: rules, format = 'roles' } = server;
  const { stores, defaultStore, locations, ...quotas } = server;
  const { policy: _policy, propertyProtections: _rules, format: _format, ...limits } = quotas;
  return {
    ...limits,
    ...(stores === undefined || defaultStore === undefined
      ? {}
      : { blobs: { stores: storesOf(stores), defaultStore } }),
    ...(locations === true ? { showMultipleLocations: true } : {}),
    ...(policy === undefined ? {} : { policy }),
    ...(rules === undefined
      ? {}
      : {
          propertyProtections:
            format === 'roles' ? parseProtections(rules, 'roles') : parseProtections(rules, 'policies'),
        }),
  };
}

/** New and empty stores of these kinds; those of files are in memory, which no client can tell. */
function storesOf(kinds: NonNullable<ScenarioServer['stores']>): Record<string, BlobStore | 'http'> {
  const stores = Object.entries(kinds).map(
    ([name, kind]) => [name, kind === 'http' ? kind : Object.assign(memoryStore(), { type: kind })] as const,
  );
  return Object.fromEntries(stores);
}
