import { statSync, type BigIntStats } from 'node:fs';
import { chmod, mkdir, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RegistryError } from '../../errors.js';
import { checkLmdbPages } from './lmdb-pages.js';

/** How often and how long (ms) one waits for another process that is about to fill the file. */
const WAITS = 20;
const WAIT = 50;
/** Reads look at most this often whether the file is still there, ms. */
const LOOK_INTERVAL = 1000;
/** What others may not do; the group keeps what an operator has given to it. */
const OTHERS = 0o007;

/**
 * Makes the folder of an LMDB database (mode 0700) unless it is there, and looks at the file in it before LMDB maps it: a broken one would
 * end the process. Permissions that all others have on what is there are taken away.
 * @throws RegistryError `unavailable` when the file is not a whole LMDB database, as far as its first pages tell
 */
export async function prepareLmdbFolder(folder: string): Promise<void> {
  await mkdir(path.dirname(path.resolve(folder)), { recursive: true, mode: 0o700 });
  if (await madeFolder(folder)) return;
  const file = path.join(folder, 'data.mdb');
  for (const name of [file, path.join(folder, 'lock.mdb'), folder]) await tighten(name);
  for (let waits = 0; ; waits += 1) {
    const fault = await faultOf(file);
    if (fault === null) return;
    if (!fault.early || waits === WAITS) throw new RegistryError('unavailable', `${file} ${fault.words}`);
    await sleep(WAIT);
  }
}

async function madeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  await chmod(folder, 0o700);
  return true;
}

async function tighten(name: string): Promise<void> {
  try {
    const { mode } = await stat(name);
    if ((mode & OTHERS) !== 0) await chmod(name, mode & 0o777 & ~OTHERS);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    if (!hasCode(error, 'EPERM', 'EROFS')) throw error;
    process.emitWarning(`${name} can be read by all users of this machine`, 'ImageRegistryWarning');
  }
}

/** What is wrong with the file; null: nothing, or there is none yet. */
async function faultOf(file: string): Promise<{ readonly words: string; readonly early: boolean } | null> {
  const found = await stat(file).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  });
  if (found === null) return null;
  if (!found.isFile()) return { words: 'is not a file', early: false };
  const handle = await open(file, 'r');
  try {
    return await checkLmdbPages(handle);
  } finally {
    await handle.close();
  }
}

/** The file that LMDB has opened: removed or replaced, LMDB would go on with one that nobody else sees and that is lost at the end. */
export class OpenedLmdbFile {
  readonly #file: string;
  readonly #opened: BigIntStats | undefined;
  #looked = performance.now();

  constructor(folder: string) {
    this.#file = path.join(folder, 'data.mdb');
    this.#opened = this.#stat();
  }

  /**
   * Makes sure that the file is still in its place.
   * @param use before a commit one looks each time, before a read at most once a second
   * @throws RegistryError `unavailable`
   */
  check(use: 'commit' | 'read'): void {
    const now = performance.now();
    if (use === 'read' && now - this.#looked < LOOK_INTERVAL) return;
    const found = this.#stat();
    if (found === undefined)
      throw new RegistryError('unavailable', `${this.#file} has been removed or is not there now`);
    if (!this.#isOpened(found)) {
      throw new RegistryError(
        'unavailable',
        `${this.#file} has been replaced by another file while it was open`,
      );
    }
    // A failed look is repeated by the next read.
    this.#looked = now;
  }

  /** Whether the file is where it was opened. */
  get isInPlace(): boolean {
    return this.#isOpened(this.#stat());
  }

  #isOpened(found: BigIntStats | undefined): boolean {
    return found !== undefined && found.ino === this.#opened?.ino && found.dev === this.#opened.dev;
  }

  #stat(): BigIntStats | undefined {
    return statSync(this.#file, { bigint: true, throwIfNoEntry: false });
  }
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
