import { RegistryError } from '../../errors.js';
import { type InjectedKeyv, innerStore, isObject } from './injected-keyv.js';

/** Whether the Keyv keeps its entries in the memory of this process. */
export function isInMemory(keyv: InjectedKeyv): boolean {
  return innerStore(keyv) instanceof Map;
}

/**
 * Refuses a Keyv that would lose records, or answer "not there" while its store is down.
 * @throws RegistryError `unavailable`, its message says what to set
 */
export function requireHonestKeyv(keyv: InjectedKeyv): void {
  if (keyv.ttl !== undefined && keyv.ttl > 0) {
    refuse('has a time to live, records would vanish: create it without `ttl`');
  }
  if (isInMemory(keyv)) return;
  if (keyv.throwOnErrors === false) {
    refuse('hides failures of its store: create it by new Keyv({ store, throwOnErrors: true })');
  }
  // Keyv 6 has no such option: it throws as long as nobody listens.
  if (keyv.throwOnErrors === undefined && (keyv.listeners?.('error').length ?? 0) > 0) {
    refuse("hides failures of its store while its 'error' event has listeners: remove them");
  }
  for (const option of ['throwOnErrors', 'throwOnConnectError']) {
    if (settingOf(keyv, option) === false)
      refuse(`has a store that hides failures: create the store with ${option}: true`);
  }
}

function settingOf(keyv: InjectedKeyv, name: string): unknown {
  const store = innerStore(keyv);
  return store?.[name] ?? (isObject(store?.opts) ? store.opts[name] : undefined);
}

function refuse(reason: string): never {
  throw new RegistryError('unavailable', `metadata: this Keyv ${reason}`);
}
