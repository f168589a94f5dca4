import { stat } from 'node:fs/promises';
import type { RootDatabase } from 'lmdb';
import { OpenedLmdbFile, prepareLmdbFolder } from './lmdb-file.js';

/** An LMDB database that is open in this process. */
export interface LmdbEnvironment {
  readonly root: RootDatabase;
  readonly file: OpenedLmdbFile;
  /** Whoever is the last one waits for running writes, then closes it. To be called once by each who has opened it. */
  release(): Promise<void>;
}

/*
 * By the identity of their folders, for the whole process. A second environment on the same file would have a writer of its own: whoever opens a
 * database in one waits on the main thread for the lock that the writer of the other one holds until the main thread answers it.
 */
const opened = new Map<string, SharedEnvironment>();

/**
 * Opens the LMDB database in a folder, the same one for all in this process who do so.
 * @throws RegistryError `unavailable` for a damaged file; Error of LMDB or of the file system
 */
export async function openLmdb(folder: string): Promise<LmdbEnvironment> {
  await prepareLmdbFolder(folder);
  const { dev, ino } = await stat(folder, { bigint: true });
  const identity = `${dev} ${ino}`;
  let environment = opened.get(identity);
  while (environment?.closed !== undefined) {
    // An error goes to whoever closes it.
    await Promise.allSettled([environment.closed]);
    environment = opened.get(identity);
  }
  // The folder may be a new one that has got the number of one that was removed under an open database.
  if (environment?.isInPlace !== true) {
    environment = new SharedEnvironment(folder, (over) => {
      if (opened.get(identity) === over) opened.delete(identity);
    });
    opened.set(identity, environment);
  }
  return environment.join();
}

class SharedEnvironment {
  readonly #opening: Promise<{ readonly root: RootDatabase; readonly file: OpenedLmdbFile }>;
  readonly #forget: (over: SharedEnvironment) => void;
  #file: OpenedLmdbFile | undefined;
  #users = 0;
  #closed: Promise<void> | undefined;

  constructor(folder: string, forget: (over: SharedEnvironment) => void) {
    this.#forget = forget;
    this.#opening = openEnvironment(folder).then((root) => {
      const file = new OpenedLmdbFile(folder);
      this.#file = file;
      return { root, file };
    });
  }

  /** Whether its file is where it was opened, or is being opened. */
  get isInPlace(): boolean {
    return this.#file?.isInPlace ?? true;
  }

  /** Resolves when it is closed; undefined before that begins. */
  get closed(): Promise<void> | undefined {
    return this.#closed;
  }

  async join(): Promise<LmdbEnvironment> {
    this.#users += 1;
    try {
      return { ...(await this.#opening), release: () => this.#leave() };
    } catch (error) {
      await this.#leave();
      throw error;
    }
  }

  async #leave(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#closed = this.#opening
      .then(
        ({ root }) => root.close(),
        // One that failed to open has nothing to close; whoever wanted it has got the error.
        () => undefined,
      )
      .finally(() => this.#forget(this));
    await this.#closed;
  }
}

/** Loaded here and not at the top: an application that keeps its metadata elsewhere needs no LMDB binary. */
async function openEnvironment(path: string): Promise<RootDatabase> {
  const { open } = await import('lmdb');
  const options = {
    path,
    // An option of the native part that has no type.
    permissionsMode: 0o600,
    noSubdir: false,
    maxDbs: 64,
    // With it, a failed commit also rejects a promise that LMDB keeps to itself: that ends the process.
    eventTurnBatching: false,
    // With it, a process that is killed while it syncs leaves the others on this folder unable to write (MDB_PANIC).
    overlappingSync: false,
  };
  return open(options);
}
