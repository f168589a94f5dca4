import { GuardedCalls, type CallTimer } from '../guarded-call.js';
import type { KeySpace } from './key-space.js';

export interface KeySpaceGuarding {
  /** Milliseconds that a call may take. Default: no limit, for a key space that gives its medium's calls a limit. */
  readonly deadline?: number | undefined;
  readonly timer?: CallTimer | undefined;
}

/**
 * Wraps a key space, whoever wrote it, so that it keeps the port's promises about faults: no call hangs, and an error that is no
 * RegistryError counts as an outage. Only rebuilding its rows may take as long as it does.
 */
export function guardedKeySpace(space: KeySpace, guarding: KeySpaceGuarding): KeySpace {
  const describe = (operation: string): string => `${operation} of the key space`;
  const calls = new GuardedCalls({ ...guarding, describe });
  const patient = new GuardedCalls({ timer: guarding.timer, describe });
  const search = space.search?.bind(space);
  return {
    ...(search === undefined
      ? {}
      : { search: (given, fence) => calls.plain('search', () => search(given, fence)) }),
    open: () => calls.run('open', () => space.open()),
    rebuild: (derive) => patient.run('rebuild', async () => space.rebuild?.(derive)),
    get: (keys, fence) => calls.plain('get', () => space.get(keys, fence)),
    scanMany: (ranges, fence) => calls.plain('scanMany', () => space.scanMany(ranges, fence)),
    commit: (change) => calls.plain('commit', () => space.commit(change)),
    close: () => calls.run('close', () => space.close()),
    ...(space.stamp === undefined ? {} : { stamp: () => calls.atOnce('stamp', () => space.stamp?.() ?? '') }),
  };
}
