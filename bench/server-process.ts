import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** A server under measurement, in a process of its own. */
export interface ServerProcess {
  /** Without a slash at the end. */
  readonly url: string;
  /** Bytes of memory that the process has for itself now: RssAnon of proc(5). */
  memory(): Promise<number>;
  /** Seconds of CPU time that the process has used: utime and stime of proc(5). */
  cpu(): Promise<number>;
  /** The most bytes that were resident since the start, files included: VmHWM of proc(5). */
  peak(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Starts a script of this folder that writes `listening on URL` and ends on SIGTERM.
 * @throws Error when it ends instead
 */
export async function startServer(
  script: `${string}-server.ts`,
  args: readonly string[],
): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', FOLDER + script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const found = /^listening on (\S+)\n/m.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    closed.then(() => reject(new Error(`${script} has ended`)), reject);
  });
  const statusOf = async (field: string): Promise<number> => {
    const text = await readFile(`/proc/${child.pid ?? 0}/status`, 'utf8');
    const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    if (kib === undefined) throw new Error(`no ${field} of ${script}`);
    return Number(kib) * 1024;
  };
  const cpu = async (): Promise<number> => {
    const text = await readFile(`/proc/${child.pid ?? 0}/stat`, 'utf8');
    // Fields 14 and 15, counted behind the name, which may hold anything; in ticks of 10 ms on all of Linux.
    const [utime, stime] = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    return ((utime ?? 0) + (stime ?? 0)) / 100;
  };
  return {
    url,
    cpu,
    memory: () => statusOf('RssAnon'),
    peak: () => statusOf('VmHWM'),
    stop: async () => {
      child.kill('SIGTERM');
      await closed;
    },
  };
}
