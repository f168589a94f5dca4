import { spawn } from 'node:child_process';
import { builtScript, type Script } from '../built-script.js';
import type { DeedSettings } from './mortal-child.js';

/** Node takes a while to start when the machine is busy, ms. */
const START_LIMIT = 60_000;

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** A process that may be killed. */
export interface MortalProcess {
  readonly pid: number;
  /** Resolves with its first line when it has begun with what it is to do; with nothing when it has ended before. */
  readonly begun: Promise<string>;
  send(signal: NodeJS.Signals): void;
  /** Resolves when the process has ended and has been waited for, for whatever reason. */
  readonly ended: Promise<ProcessEnd>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<ProcessEnd>;
}

/** One that serves the API. */
export interface MortalServer extends MortalProcess {
  /** Where the API is, without a slash at the end. */
  readonly url: string;
}

/** The processes of a test, so that none is left behind. */
export class MortalProcesses {
  readonly #alive = new Set<MortalProcess>();

  /** Starts a process that does one thing with a registry. */
  start(settings: DeedSettings): Promise<MortalProcess> {
    return this.#spawn('test/support/life/mortal-child.ts', [JSON.stringify(settings)]);
  }

  /**
   * Starts a registry that is served, for what the example has no flag for.
   * @throws Error with what it wrote to stderr when it ends instead
   */
  async serve(settings: Omit<DeedSettings, 'deed'>): Promise<MortalServer> {
    return this.#listening(await this.start({ ...settings, deed: 'serve' }));
  }

  /**
   * Starts the example's server on a data folder.
   * @throws Error with what it wrote to stderr when it ends instead
   */
  async example(folder: string, ...flags: readonly string[]): Promise<MortalServer> {
    const args = ['--port', '0', '--data', folder, ...flags];
    return this.#listening(await this.#spawn('example/server.ts', args));
  }

  /** Kills all that still run. */
  async killAll(): Promise<void> {
    await Promise.all([...this.#alive].map((process) => process.kill()));
  }

  async #spawn(script: Script, args: readonly string[]): Promise<MortalProcess> {
    const child = spawn(process.execPath, [await builtScript(script), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<ProcessEnd>((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal, stderr }));
    });
    const heard = new Promise<string>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        const [line = ''] = /^(begun|listening on .*)(?=\n)/m.exec(stdout) ?? [];
        if (line !== '') resolve(line);
      });
    });
    const started: MortalProcess = {
      pid: child.pid ?? 0,
      begun: Promise.race([heard, ended.then(() => '')]),
      send: (signal) => void child.kill(signal),
      ended,
      kill: () => {
        child.kill('SIGKILL');
        return ended;
      },
    };
    this.#alive.add(started);
    void ended.then(() => this.#alive.delete(started));
    return started;
  }

  async #listening(started: MortalProcess): Promise<MortalServer> {
    const timer = setTimeout(() => void started.kill(), START_LIMIT);
    const line = await started.begun.finally(() => clearTimeout(timer));
    const url = /^listening on (\S+?)\/?$/.exec(line)?.[1];
    if (url !== undefined) return { ...started, url };
    const { signal, code, stderr } = await started.ended;
    throw new Error(`a server does not listen (${signal ?? code ?? 'no code'}): ${stderr}`);
  }
}
