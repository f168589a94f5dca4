import type { FileHandle } from 'node:fs/promises';
import { onDisk } from './disk-error.js';

/**
 * Puts what is in a file so far on the medium while more of it is written, so that little is left to wait for at its end. For one file at a time: each holds one of
 * the few threads that Node has for files, and others need them.
 */
export class EarlySync {
  #isBusy = false;

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** @throws RegistryError: the file is not to be trusted then, since a later sync may know nothing of it */
  async run(file: FileHandle): Promise<void> {
    this.#isBusy = true;
    try {
      await onDisk('sync a file', file.datasync());
    } finally {
      this.#isBusy = false;
    }
  }
}
