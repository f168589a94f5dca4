import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import type { BlobStore } from '../../../lib/index.js';

/** At which calls of the file system a process stops, to be continued from outside, and ends itself. */
export interface FilePoints {
  /** 1: before the first call since the first write of the store began. */
  readonly stop: number;
  /** Counted from there, too; one that is never reached lets the process live. */
  readonly die: number;
}

const CALLS = ['open', 'mkdir', 'rename', 'stat', 'unlink'] as const;
const FILE_CALLS = ['writev', 'sync'] as const;

/** Counts the calls of the file system that a disk store makes, and sends signals to this process between them. */
export class FileSteps {
  readonly #points: FilePoints;
  #counts = false;
  #count = 0;

  private constructor(points: FilePoints) {
    this.#points = points;
  }

  /** Puts itself between this process and the file system. */
  static async install(points: FilePoints): Promise<FileSteps> {
    const steps = new FileSteps(points);
    for (const name of CALLS) steps.#wrap(fs, name);
    const handle = await fs.open('/dev/null');
    for (const name of FILE_CALLS) steps.#wrap(Object.getPrototypeOf(handle) as object, name);
    await handle.close();
    // What was imported by name is the new function, too.
    syncBuiltinESMExports();
    return steps;
  }

  /** The same store, from whose first write on is counted. */
  from(store: BlobStore): BlobStore {
    return new Proxy(store, {
      get: (inner, name) => {
        const member: unknown = Reflect.get(inner, name, inner);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          if (name === 'write') this.#counts = true;
          return Reflect.apply(member, inner, args);
        };
      },
    });
  }

  #wrap(target: object, name: string): void {
    const inner: unknown = Reflect.get(target, name);
    if (typeof inner !== 'function') throw new Error(`no ${name}`);
    const step = (): void => this.#step();
    Reflect.set(target, name, function (this: unknown, ...args: unknown[]): unknown {
      step();
      const result: unknown = Reflect.apply(inner, this, args);
      return result;
    });
  }

  #step(): void {
    if (!this.#counts) return;
    this.#count += 1;
    if (this.#count === this.#points.stop) process.kill(process.pid, 'SIGSTOP');
    if (this.#count === this.#points.die) process.kill(process.pid, 'SIGKILL');
  }
}
