import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../until.js';
import { freePort } from './free-port.js';

/** A redis-server of a test's own. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Ends it at once, as a crash would; what it has answered for is in its append-only file. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, with its data, and waits until it answers. */
  start(): Promise<void>;
  /** Makes it hang, connections and all. */
  pause(): void;
  /** Lets it go on after `pause`. */
  resume(): void;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts a redis-server on a port of 127.0.0.1, a free one by default.
 *
 * @param options.args more of its command line
 */
export async function startRedis(
  options: { readonly port?: number; readonly args?: readonly string[] } = {},
): Promise<TestRedis> {
  const port = options.port ?? (await freePort());
  const folder = await mkdtemp(join(tmpdir(), 'redis-'));
  const listen = ['--port', String(port), '--bind', '127.0.0.1'];
  const keep = ['--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];
  let server: ChildProcess | undefined;
  const killNow = (): void => void server?.kill('SIGKILL');

  const start = async (): Promise<void> => {
    const child = spawn('redis-server', [...listen, ...keep, ...(options.args ?? [])], { stdio: 'ignore' });
    server = child;
    process.on('exit', killNow);
    await until('redis-server answers', () => {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
      return answers(port);
    });
  };
  const kill = async (): Promise<void> => {
    const child = server;
    server = undefined;
    process.off('exit', killNow);
    if (child === undefined) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill,
    start,
    pause: () => void server?.kill('SIGSTOP'),
    resume: () => void server?.kill('SIGCONT'),
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true });
    },
  };
}

/** Whether it answers PING, which it does once it has loaded its data. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
