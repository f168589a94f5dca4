import { spawn, type ChildProcess } from 'node:child_process';
import { builtScript } from '../built-script.js';
import type { LifeChildSettings } from './life-child.js';

export interface LifeProcess {
  /** Resolves when it has begun with what it is to do. */
  readonly begun: Promise<void>;
  /** How it ended: `SIGKILL`, or an exit code and what it wrote to stderr. */
  readonly ended: Promise<string>;
  readonly pid: number;
  kill(): void;
  /** Lets it go on after SIGSTOP. */
  resume(): void;
}

/** Processes that do one thing with a registry; at most some of them run at a time. */
export class LifeProcesses {
  readonly #alive = new Set<ChildProcess>();

  async start(settings: LifeChildSettings): Promise<LifeProcess> {
    const script = await builtScript('test/support/life/life-child.ts');
    const child = spawn(process.execPath, [script, JSON.stringify(settings)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#alive.add(child);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<string>((resolve) => {
      child.once('close', (code, signal) => {
        this.#alive.delete(child);
        resolve(signal ?? `${code ?? 'no code'} ${stderr}`.trim());
      });
    });
    const heard = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
    const begun = Promise.race([heard, ended.then(() => undefined)]);
    return {
      begun,
      ended,
      pid: child.pid ?? 0,
      kill: () => void child.kill('SIGKILL'),
      resume: () => void child.kill('SIGCONT'),
    };
  }

  /** Kills all that still run. */
  killAll(): void {
    for (const child of this.#alive) child.kill('SIGKILL');
  }
}

/** Does all of it, at most `most` at a time, and gives what came of each in the same order. */
export async function few<T, R>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: most }, worker));
  return results;
}
