/** What programs of others do on this machine: a baseline that is far below that would be none. */
import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { seconds } from './measure.js';

const run = promisify(execFile);
const MIB = 1024 * 1024;

/** Seconds in which dd writes so many bytes to a new file, synced. */
export async function ddSeconds(folder: string, bytes: number): Promise<number> {
  const file = path.join(folder, 'dd');
  const args = ['if=/dev/zero', `of=${file}`, 'bs=1M', `count=${bytes / MIB}`, 'conv=fsync', 'status=none'];
  const taken = await seconds(() => run('dd', args));
  await run('rm', [file]);
  return taken;
}

/** How often in a second a block at the end of a file can be made durable, one after the other. */
export async function syncsPerSecond(folder: string): Promise<number> {
  const file = await open(path.join(folder, 'syncs'), 'w');
  try {
    const block = Buffer.alloc(4096);
    let count = 0;
    const taken = await seconds(async () => {
      for (const end = performance.now() + 1000; performance.now() < end; count += 1) {
        await file.write(block);
        await file.datasync();
      }
    });
    return count / taken;
  } finally {
    await file.close();
  }
}

/** MiB/s of md5 and another digest of the same bytes, by OpenSSL's own measurement on all cores. */
export async function digestRate(algorithm: string): Promise<number> {
  return 1 / (1 / (await speedOf('md5')) + 1 / (await speedOf(algorithm)));
}

async function speedOf(algorithm: string): Promise<number> {
  const cores = String(os.availableParallelism());
  const args = ['speed', '-mr', '-seconds', '1', '-bytes', '65536', '-multi', cores, '-evp', algorithm];
  const { stdout } = await run('openssl', args);
  // The sum of all processes comes last: +F:22:md5:<bytes per second>.
  const rate = Number(/^\+F:.*:([\d.]+)$/m.exec(stdout)?.[1]);
  if (!(rate > 0)) throw new Error(`openssl speed says nothing of ${algorithm}`);
  return rate / MIB;
}
