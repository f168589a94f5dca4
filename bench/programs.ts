/** Servers of others. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { measured, type ServerProcess } from './server-process.js';

/** Where Debian has it, which is not on everybody's PATH. */
const NGINX = '/usr/sbin/nginx';

/**
 * nginx with one worker, which gives the files of a folder.
 * @param locations more of its server block
 */
export async function startNginx(folder: string, locations = ''): Promise<ServerProcess> {
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/nginx-${kind};`)
    .join(' ');
  const file = path.join(folder, 'nginx.conf');
  await writeFile(
    file,
    [
      // A worker of root would else be nobody, who cannot read the folder.
      process.getuid?.() === 0 ? 'user root;' : '',
      `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr error; events {}`,
      `http { access_log off; sendfile on; tcp_nopush on; ${temporary}`,
      `server { listen 127.0.0.1:${port}; root ${folder}; ${locations} } }`,
    ].join('\n'),
  );
  return started(NGINX, ['-e', 'stderr', '-c', file], port, `http://127.0.0.1:${port}`);
}

/** A Redis of the bench's own, which keeps what it has in a file only when it is `durable`: then each command is on the disk before its answer. */
export async function startRedis(folder: string, durable: boolean): Promise<ServerProcess> {
  const port = await freePort();
  const keeps = durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : [];
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...keeps];
  return started('redis-server', args, port, `redis://127.0.0.1:${port}`);
}

async function started(
  program: string,
  args: readonly string[],
  port: number,
  url: string,
): Promise<ServerProcess> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${program} has ended`);
  });
  await Promise.race([listens(port), ended]);
  return { url, ...measured(child) };
}

async function listens(port: number): Promise<void> {
  while (!(await connects(port))) await sleep(20);
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
