import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Downloads } from './downloads.js';
import { median, seconds } from './measure.js';
import { scriptOf } from './scripts.js';

const SCRIPT = scriptOf('downloads');
/** Processes that download. */
const CLIENTS = 2;

/** Downloads in processes of their own, so that nothing else is measured than what comes. */
export class DownloadClients {
  readonly count = CLIENTS;
  readonly #children: readonly ChildProcess[];
  /** Fails when one of them ends. */
  readonly #failure: Promise<never>;
  /** Cores that the clients needed, by address. */
  readonly #cores = new Map<string, number[]>();

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children;
    this.#failure = Promise.race(children.map((child) => once(child, 'exit'))).then(() => {
      throw new Error('a client has ended');
    });
    this.#failure.catch(() => undefined);
  }

  static async start(): Promise<DownloadClients> {
    const children = Array.from({ length: CLIENTS }, () => fork(SCRIPT));
    await Promise.all(children.map((child) => once(child, 'message')));
    return new DownloadClients(children);
  }

  /** Seconds until all of `width` downloads at once are there. */
  async seconds(wanted: Downloads): Promise<number> {
    let cpu = 0;
    const taken = await seconds(async () => {
      const parts = this.#children.map((child, n) => this.#part(child, wanted, n));
      for (const part of await Promise.all(parts)) cpu += part;
    });
    this.#cores.set(wanted.url, [...(this.#cores.get(wanted.url) ?? []), cpu / taken]);
    return taken;
  }

  /** Cores that all clients together needed for the downloads of an address since it was last asked. */
  cores(url: string): number {
    const cores = median(this.#cores.get(url) ?? [0]);
    this.#cores.delete(url);
    return cores;
  }

  async stop(): Promise<void> {
    const ended = this.#children.map((child) => once(child, 'exit'));
    for (const child of this.#children) child.kill('SIGTERM');
    await Promise.all(ended);
  }

  async #part(child: ChildProcess, { width, ...wanted }: Downloads, n: number): Promise<number> {
    const share = Math.floor(width / CLIENTS) + (n < width % CLIENTS ? 1 : 0);
    if (share === 0) return 0;
    child.send({ ...wanted, width: share });
    const [cpu] = (await Promise.race([once(child, 'message'), this.#failure])) as [number];
    return cpu;
  }
}
