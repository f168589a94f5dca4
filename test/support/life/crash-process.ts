import { spawn } from 'node:child_process';
import { builtScript, type Script } from '../built-script.js';

/** Node takes a while to start when the machine is busy, ms. */
const START_LIMIT = 60_000;

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** A server in a process of its own that may be killed. */
export interface CrashProcess {
  /** Where the API is, without a slash at the end. */
  readonly url: string;
  readonly pid: number;
  send(signal: NodeJS.Signals): void;
  /** Resolves when the process has ended and has been waited for, for whatever reason. */
  readonly ended: Promise<ProcessEnd>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<ProcessEnd>;
}

/** The servers of a test, so that none is left behind. */
export class CrashProcesses {
  readonly #alive = new Set<CrashProcess>();

  /**
   * Starts a script that writes `listening on URL` to stdout.
   * @throws Error with what it wrote to stderr when it ends instead
   */
  async start(script: Script, args: readonly string[]): Promise<CrashProcess> {
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
        const url = /^listening on (\S+?)\/?\n/m.exec(stdout)?.[1];
        if (url !== undefined) resolve(url);
      });
    });
    const died = ended.then((end): never => {
      throw new Error(`${script} does not listen (${end.signal ?? end.code ?? 'no code'}): ${stderr}`);
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), START_LIMIT);
    const url = await Promise.race([heard, died]).finally(() => clearTimeout(timer));
    const started: CrashProcess = {
      url,
      pid: child.pid ?? 0,
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

  /** Kills all that still run. */
  async killAll(): Promise<void> {
    await Promise.all([...this.#alive].map((server) => server.kill()));
  }
}
