import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { builtScript } from '../built-script.js';

/** Node takes a while to start when the machine is busy. */
const START_LIMIT = 120_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExampleServer {
  /** Where the API is, without a slash at the end. */
  readonly url: string;
  /** What it has written up to now. */
  readonly output: () => { stdout: string; stderr: string };
  send(signal: NodeJS.Signals): void;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<Ended>;
  /** Ends it by SIGTERM. Its folder is removed, however it ends. */
  stop(): Promise<Ended>;
}

/** Runs the example server to its end: for flags that it refuses. */
export async function runExample(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'example-'));
  try {
    const { ended } = await launch(['--data', path.join(folder, 'data'), ...args], env);
    return await ended;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Starts the example server on a free port with a data folder of its own.
 *
 * @throws Error with what it wrote to stderr when it ends instead
 */
export async function startExample(
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<ExampleServer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'example-'));
  const { child, output, ended } = await launch(['--port', '0', '--data', folder, ...args], env);
  const cleaned = ended.then(async (end) => {
    await rm(folder, { recursive: true, force: true });
    return end;
  });
  return {
    url: await untilListening(child, output, cleaned),
    output,
    ended: cleaned,
    send: (signal) => void child.kill(signal),
    stop: () => {
      child.kill('SIGTERM');
      return cleaned;
    },
  };
}

interface Launched {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly output: () => { stdout: string; stderr: string };
  readonly ended: Promise<Ended>;
}

/** Our own environment without settings of the server: those are for another one. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('IMAGE_REGISTRY_')),
  );
}

async function launch(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Launched> {
  const child = spawn(process.execPath, [await builtScript('example/server.ts'), ...args], {
    env: { ...ownEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const output = () => ({ stdout, stderr });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, ...output() }));
  });
  return { child, output, ended };
}

async function untilListening(
  child: Launched['child'],
  output: Launched['output'],
  ended: Promise<Ended>,
): Promise<string> {
  const timer = setTimeout(() => child.kill('SIGKILL'), START_LIMIT);
  const heard = new Promise<string>((resolve) => {
    child.stdout.on('data', () => {
      const url = /^listening on (\S+?)\/?\n/m.exec(output().stdout)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  const died = ended.then(({ stderr }): never => {
    throw new Error(`the example does not listen: ${stderr}`);
  });
  try {
    return await Promise.race([heard, died]);
  } finally {
    clearTimeout(timer);
  }
}
