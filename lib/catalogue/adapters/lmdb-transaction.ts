import type { RootDatabase } from 'lmdb';
import { isObject } from './injected-keyv.js';

/**
 * Does `work` in one transaction of LMDB, and resolves when it is on the disk. When `work` throws, nothing has changed.
 * @throws Error of LMDB or of the file system (`code` is the system's error number), or what `work` threw
 */
export async function lmdbTransaction<T>(root: RootDatabase, work: () => T): Promise<T> {
  try {
    const result = await root.childTransaction(work);
    await root.flushed;
    return result;
  } catch (error) {
    const reason = commitFailure(error);
    if (reason === undefined) throw error;
    // Closing would wait for ever until the failed commit is on the disk. One with nothing to write takes its place.
    await root.childTransaction(() => undefined).catch(commitFailure);
    throw await reason;
  }
}

/** Why a commit failed comes by a second promise; if nobody took it, its rejection would end the process. */
function commitFailure(error: unknown): Promise<unknown> | undefined {
  if (!isObject(error) || !(error.commitError instanceof Promise)) return undefined;
  return error.commitError.catch((reason: unknown) => reason);
}
