import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';

type Call = (...args: never[]) => Promise<unknown>;

/** Notes in which order the files below a folder are renamed, removed and synced, until it is taken out again. */
export class FileJournal {
  readonly entries: string[] = [];
  /** Called after each entry. */
  after: (entry: string) => void = () => undefined;
  readonly #root: string;
  readonly #paths = new WeakMap<object, string>();
  readonly #undo: (() => void)[] = [];

  private constructor(root: string) {
    this.#root = root;
  }

  /** Puts itself between this process and the file system. */
  static async install(root: string): Promise<FileJournal> {
    const journal = new FileJournal(root);
    const probe = await fs.open('/dev/null');
    await probe.close();
    journal.#wrap(fs, 'open', async (inner, _self, args) => {
      const handle = (await inner(...args)) as FileHandle;
      journal.#paths.set(handle, String(args[0]));
      return handle;
    });
    journal.#wrap(fs, 'rename', async (inner, _self, args) => {
      journal.note('rename', String(args[1]));
      return inner(...args);
    });
    journal.#wrap(fs, 'unlink', async (inner, _self, args) => {
      journal.note('unlink', String(args[0]));
      return inner(...args);
    });
    journal.#wrap(Object.getPrototypeOf(probe) as object, 'sync', async (inner, self, args) => {
      await inner(...args);
      journal.note('synced', journal.#paths.get(self) ?? '');
    });
    syncBuiltinESMExports();
    return journal;
  }

  note(what: string, file = this.#root): void {
    const entry = `${what} ${path.relative(this.#root, file)}`.trim();
    this.entries.push(entry);
    this.after(entry);
  }

  restore(): void {
    for (const undo of this.#undo) undo();
    syncBuiltinESMExports();
  }

  #wrap(
    target: object,
    name: string,
    around: (inner: Call, self: object, args: never[]) => Promise<unknown>,
  ): void {
    const inner = Reflect.get(target, name) as Call;
    Reflect.set(target, name, function (this: object, ...args: never[]): Promise<unknown> {
      return around(inner.bind(this), this, args);
    });
    this.#undo.push(() => Reflect.set(target, name, inner));
  }
}
