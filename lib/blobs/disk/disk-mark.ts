import { randomUUID } from 'node:crypto';
import { link, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RegistryError } from '../../errors.js';
import { onDisk, unless } from './disk-error.js';
import { createFile, removeFile, syncFolder } from './disk-files.js';

/** The mark of a disk store: one line in the file `registry-mark`, which appears whole and never changes. */
export class DiskMark {
  readonly #root: string;
  readonly #staging: string;
  readonly #file: string;
  /** What it was when it was last read; null: it was never there. */
  #known: KnownMark | null = null;

  constructor(root: string, staging: string) {
    this.#root = root;
    this.#staging = staging;
    this.#file = join(root, 'registry-mark');
  }

  /** Whether there was a mark when it was last looked for. */
  get isKnown(): boolean {
    return this.#known !== null;
  }

  /** The mark, null when there is none. */
  async read(): Promise<string | null> {
    const found = await this.#look();
    this.#known = found ?? this.#known;
    return found?.text ?? null;
  }

  /** Puts a mark if there is none; the folders of the store are there. Gives the mark that stands. */
  async put(mark: string): Promise<string> {
    const staged = join(this.#staging, `registry-mark-${randomUUID()}`);
    const file = await createFile(staged);
    try {
      try {
        await onDisk('write the mark', file.writeFile(`${mark}\n`));
        await onDisk('sync the mark', file.sync());
      } finally {
        await onDisk('close the mark', file.close());
      }
      // A link is refused where there is a file, unlike a rename.
      await onDisk('put the mark', unless('EEXIST', link(staged, this.#file)));
    } finally {
      await removeFile(staged);
    }
    await syncFolder(this.#root);
    const stands = await this.read();
    if (stands === null) throw new RegistryError('unavailable', 'disk store: its mark has gone');
    return stands;
  }

  /**
   * Makes sure that the mark is still the one that was last read: as long as the very same file is there one look at its name is enough.
   * @throws RegistryError `unavailable`
   */
  async check(): Promise<void> {
    const known = this.#known;
    if (known === null || (await this.#identify()) === known.file) return;
    const found = await this.#look();
    if (found?.text !== known.text) {
      throw new RegistryError(
        'unavailable',
        `disk store: its disk is not there or another one is, the file registry-mark with "${known.text}" is missing`,
      );
    }
    this.#known = found;
  }

  async #look(): Promise<KnownMark | null> {
    const file = await this.#identify();
    const text = await onDisk('read the mark', unless('ENOENT', readFile(this.#file, 'utf8')));
    return file === null || text === null ? null : { text: text.trim(), file };
  }

  /** What tells this file from every other one, also from one that comes in its place; null when there is none. */
  async #identify(): Promise<string | null> {
    const found = await onDisk('find the mark', unless('ENOENT', stat(this.#file)));
    return found && `${found.dev} ${found.ino} ${found.size} ${found.ctimeMs}`;
  }
}

interface KnownMark {
  readonly text: string;
  /** The file's identity. */
  readonly file: string;
}
