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

/**
 * Starts both, and removes their folders in the end.
 * @param prepare called with the registry's data folder before that is used
 */
export async function withPair<T>(
  work: (pair: Pair) => Promise<T>,
  prepare: (dataDir: string) => Promise<void> = () => Promise.resolve(),
  hashAlgorithm: HashAlgorithm = 'sha512',
): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bench-'));
  const started: ServerProcess[] = [];
  try {
    const dataDir = path.join(folder, 'registry');
    await prepare(dataDir);
    const registry = await startServer('registry-server.ts', [dataDir, hashAlgorithm]);
    started.push(registry);
    const baseline = await startServer('baseline-server.ts', [folder]);
    started.push(baseline);
    return await work({ registry, baseline, files: folder });
  } finally {
    await Promise.all(started.map((server) => server.stop()));
    await rm(folder, { recursive: true });
  }
}
