import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startRedis } from './programs.js';
import type { ServerProcess } from './server-process.js';
import { scriptOf } from './scripts.js';

const SCRIPT = scriptOf('fill');
/** Processes that fill one catalogue together: they make rows at the same time, and write one after the other. */
const PARTS = 2;

/** Catalogues full of images, made when they are first asked for and kept for all cases of a run, none of which changes them. */
export class Fills {
  readonly #made = new Map<string, Promise<string>>();
  #folder: Promise<string> | undefined;
  #redis: ServerProcess | undefined;

  /** A data folder of a registry with so many images. */
  lmdb(count: number): Promise<string> {
    return this.#once(`lmdb-${count}`, async (folder) => {
      await fill('lmdb', folder, count);
      return folder;
    });
  }

  /** The address of a Redis with so many images, in memory alone. There is one. */
  redis(count: number): Promise<string> {
    return this.#once(`redis-${count}`, async (folder) => {
      this.#redis = await startRedis(folder, false);
      await fill('redis', this.#redis.url, count);
      return this.#redis.url;
    });
  }

  /** Ends and removes everything. */
  async close(): Promise<void> {
    await this.#redis?.stop();
    if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true });
  }

  #once(name: string, make: (folder: string) => Promise<string>): Promise<string> {
    let made = this.#made.get(name);
    if (made === undefined) {
      made = this.#make(name, make);
      this.#made.set(name, made);
    }
    return made;
  }

  async #make(name: string, make: (folder: string) => Promise<string>): Promise<string> {
    this.#folder ??= mkdtemp(path.join(os.tmpdir(), 'bench-filled-'));
    const folder = path.join(await this.#folder, name);
    await mkdir(folder);
    console.error(`  filling ${name} …`);
    return make(folder);
  }
}

async function fill(engine: 'lmdb' | 'redis', place: string, count: number): Promise<void> {
  const part = (n: number): Promise<unknown> => {
    const args = [engine, place, String(count), String(n), String(PARTS)];
    return promisify(execFile)(process.execPath, [SCRIPT, ...args]);
  };
  await Promise.all(Array.from({ length: PARTS }, (_, n) => part(n)));
}
