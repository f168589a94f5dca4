import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { until } from '../until.js';

/** An nginx of a test's own. */
export interface TestNginx {
  /** Where it is, without a slash at the end. */
  readonly url: string;
  /** What it has written to its log of errors. */
  errors(): Promise<string>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Starts nginx on a free port of 127.0.0.1.
 *
 * @param servers what stands in `http {}`, made for the address that it listens on
 */
export async function startNginx(servers: (address: string) => string): Promise<TestNginx> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'nginx-'));
  const errorLog = path.join(folder, 'error.log');
  const address = `127.0.0.1:${await freePort()}`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${path.join(folder, name)};`,
  );
  const config = `daemon off; master_process off; pid ${path.join(folder, 'pid')};
events {}
http { access_log off; ${temporary.join(' ')}
${servers(address)} }`;
  await writeFile(path.join(folder, 'nginx.conf'), config);
  const args = ['-p', folder, '-c', path.join(folder, 'nginx.conf'), '-e', errorLog];
  const child = spawn('/usr/sbin/nginx', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const exited = once(child, 'exit');
  const killNow = (): void => void child.kill('SIGKILL');
  process.on('exit', killNow);
  await until('nginx answers', () => {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}: ${said}`);
    return answers(address);
  });
  return {
    url: `http://${address}`,
    errors: () => readFile(errorLog, 'utf8'),
    stop: async () => {
      process.off('exit', killNow);
      child.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

function answers(address: string): Promise<boolean> {
  const [host = '', port] = address.split(':');
  return new Promise((resolve) => {
    const socket = net.connect(Number(port), host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
