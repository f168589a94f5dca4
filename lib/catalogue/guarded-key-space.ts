import { GuardedCalls, type CallTimer } from '../guarded-call.js';
import type { KeySpace } from './key-space.js';

export interface KeySpaceGuarding {
  /** Milliseconds that a call may take. Default: no limit, for a key space that gives its medium's calls a limit. */
  readonly deadline?: number | undefined;
  readonly timer?: CallTimer | undefined;
}

/**
 * Wraps a key space, whoever wrote it, so that it keeps the port's promises about faults: no call hangs, and an error that is no
 * RegistryError counts as an outage.
 */
export function guardedKeySpace(space: KeySpace, guarding: KeySpaceGuarding): KeySpace {
  const calls = new GuardedCalls({ ...guarding, describe: (operation) => `${operation} of the key space` });
  return {
    open: (derive) => calls.run('open', () => space.open(derive)),
    get: (keys) => calls.run('get', () => space.get(keys)),
    scan: (range) => calls.run('scan', () => space.scan(range)),
    commit: (change) => calls.run('commit', () => space.commit(change)),
    close: () => calls.run('close', () => space.close()),
  };
}
