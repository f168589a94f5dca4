import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A small disk of a test's own. */
export interface SmallDisk {
  readonly path: string;
  /** Mounts it again, for reading only or for writing too. */
  remount(mode: 'ro' | 'rw'): Promise<void>;
  end(): Promise<void>;
}

/** @throws Error with what is to be done, when this user may not mount */
export async function smallDisk(mebibytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder]);
  } catch (cause) {
    await rm(folder, { recursive: true });
    throw new Error(
      'This test needs a small disk and cannot mount one: run it as root, in a container with CAP_SYS_ADMIN.',
      { cause },
    );
  }
  return {
    path: folder,
    remount: async (mode) => {
      await run('mount', ['-o', `remount,${mode}`, folder]);
    },
    end: async () => {
      await run('umount', ['-l', folder]);
      await rm(folder, { recursive: true });
    },
  };
}
