import { parseProtections } from '../../../lib/domain/property-protections-file.js';
import type { ImageRegistryOptions } from '../../../lib/index.js';
import type { Scenario } from './vectors.js';

/** The options that set a registry up as the server of a scenario was. */
export function optionsOf({ server = {} }: Scenario): Partial<ImageRegistryOptions> {
  const { policy, propertyProtections: rules, format = 'roles' } = server;
  const { stores: _, defaultStore: _default, locations: _locations, ...quotas } = server;
  const { policy: _policy, propertyProtections: _rules, format: _format, ...limits } = quotas;
  return {
    ...limits,
    ...(policy === undefined ? {} : { policy }),
    ...(rules === undefined
      ? {}
      : {
          propertyProtections:
            format === 'roles' ? parseProtections(rules, 'roles') : parseProtections(rules, 'policies'),
        }),
  };
}
