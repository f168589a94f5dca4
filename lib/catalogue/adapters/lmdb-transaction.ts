import type { RootDatabase } from 'lmdb';
import { isObject } from './injected-keyv.js';

/**
 * Does `work` in one transaction of LMDB, and resolves when it is on the disk. When `work` throws, nothing has changed.
 * @throws Error of LMDB or of the file system (`code` is the system's error number), or what `work` threw
 */
export async function lmdbTransaction<T>(root: RootDatabase, work: () => T): Promise<T> {
  try {
    // Asked for now: later it stands for the transaction behind this one.
    const [result] = await Promise.all([root.childTransaction(work), root.flushed]);
    return result;
  } catch (error) {
    // Why a commit failed comes by a second promise; if nobody took it, its rejection would end the process.
    if (isObject(error) && error.commitError instanceof Promise) await error.commitError;
    throw error;
  }
}
