import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { EXAMPLE, scriptOf } from './scripts.js';

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
 * Starts a server that writes `listening on URL` and ends on SIGTERM.
 * @param script of this folder; `example`: the standalone server
 * @throws Error when it ends instead
 */
export async function startServer(
  script: `${string}-server` | 'example',
  args: readonly string[],
): Promise<ServerProcess> {
  const file = script === 'example' ? EXAMPLE : scriptOf(script);
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const found = /^listening on (\S+?)\/?\n/m.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    once(child, 'close').then(() => reject(new Error(`${script} has ended`)), reject);
  });
  return { url, ...measured(child) };
}

/** Whether the standalone server has a flag. */
export async function hasFlag(flag: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)(process.execPath, [EXAMPLE, '--help']);
  return stdout.includes(`${flag} `);
}

/** What can be told of a process, and its end. */
export function measured(child: ChildProcess): Omit<ServerProcess, 'url'> {
  const closed = once(child, 'close');
  const proc = `/proc/${child.pid ?? 0}`;
  const statusOf = async (field: string): Promise<number> => {
    const text = await readFile(`${proc}/status`, 'utf8');
    const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    if (kib === undefined) throw new Error(`no ${field} of ${child.spawnfile}`);
    return Number(kib) * 1024;
  };
  return {
    cpu: () => cpuFields(proc, 0),
    memory: () => statusOf('RssAnon'),
    peak: () => statusOf('VmHWM'),
    stop: async () => {
      child.kill('SIGTERM');
      await closed;
    },
  };
}

/** Seconds of CPU time of those children of this process that have ended: cutime and cstime of proc(5). */
export function cpuOfChildren(): Promise<number> {
  return cpuFields('/proc/self', 2);
}

/** Two of the fields 14 to 17, counted behind the name, which may hold anything; in ticks of 10 ms on all of Linux. */
async function cpuFields(proc: string, from: number): Promise<number> {
  const text = await readFile(`${proc}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system] = fields.slice(11 + from, 13 + from).map(Number);
  return ((user ?? 0) + (system ?? 0)) / 100;
}
