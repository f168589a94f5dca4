import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startServer, type ServerProcess } from './server-process.js';

export type HashAlgorithm = 'sha256' | 'sha512';

/** The registry and the baseline, each in a process and with a folder of its own, on the same disk. */
export interface Pair {
  readonly registry: ServerProcess;
  readonly baseline: ServerProcess;
  /** The baseline's files by name. */
  readonly files: string;
}

export interface PairOptions {
  /** The registry's data folder. Default: an empty one. */
  readonly dataDir?: string;
  /** Address of a Redis that has its metadata. Default: LMDB in the data folder. */
  readonly redis?: string;
  readonly hashAlgorithm?: HashAlgorithm;
}

/** Starts both, and ends them and removes what they have written. */
export function withPair<T>(work: (pair: Pair) => Promise<T>, options: PairOptions = {}): Promise<T> {
  return withFolder(async (folder) => {
    const { dataDir = path.join(folder, 'registry'), redis = '', hashAlgorithm = 'sha512' } = options;
    return withServers(async (start) => {
      const registry = await start('registry-server', [dataDir, hashAlgorithm, redis]);
      return work({ registry, baseline: await start('baseline-server', [folder]), files: folder });
    });
  });
}

/** Starts servers for some work, and ends them after it. */
export async function withServers<T>(work: (start: typeof startServer) => Promise<T>): Promise<T> {
  const started: ServerProcess[] = [];
  try {
    return await work(async (...args) => {
      const server = await startServer(...args);
      started.push(server);
      return server;
    });
  } finally {
    await Promise.all(started.map((server) => server.stop()));
  }
}

/** A folder for some work, which is removed after it. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
