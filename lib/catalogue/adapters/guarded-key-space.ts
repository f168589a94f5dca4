import { withDeadline } from '../../deadline.js';
import { isRegistryError, RegistryError } from '../../errors.js';
import type { Change, KeySpace, RecordValue, RowKey, RowRange, StoredRecord } from '../key-space.js';

/**
 * Wraps a key space that somebody else wrote so that it keeps the port's promises about faults: no call hangs, and an error that is no
 * RegistryError counts as an outage.
 *
 * @param deadline milliseconds that one call may take
 */
export function guardedKeySpace(space: KeySpace, deadline: number): KeySpace {
  const call = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await withDeadline(work, deadline, `${what} of the key space`);
    } catch (error) {
      if (isRegistryError(error)) throw error;
      throw new RegistryError('unavailable', `${what} of the key space failed`, { cause: error });
    }
  };
  return {
    open: (derive: (key: string, value: RecordValue) => readonly RowKey[]): Promise<void> =>
      call('open', () => space.open(derive)),
    get: (keys: readonly string[]): Promise<(StoredRecord | undefined)[]> =>
      call('get', () => space.get(keys)),
    scan: (range: RowRange): Promise<RowKey[]> => call('scan', () => space.scan(range)),
    commit: (change: Change): Promise<boolean> => call('commit', () => space.commit(change)),
    close: (): Promise<void> => call('close', () => space.close()),
  };
}
