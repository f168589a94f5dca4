import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runWell } from '../run.js';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface Tarball {
  readonly file: string;
  /** Paths in it. */
  readonly files: readonly string[];
}

export interface Installed extends Tarball {
  /** Folder of a project that has installed the tarball, Express and types, and nothing else. */
  readonly folder: string;
  remove(): Promise<void>;
}

let packed: Promise<Tarball> | undefined;

/** The project as it would be published; it is packed once for all tests. */
export function packProject(): Promise<Tarball> {
  packed ??= pack();
  return packed;
}

/**
 * Installs the packed tarball in an empty folder.
 * @param type of the modules in that project
 * @param express what it installs as Express. Default: the release that the project is developed with
 */
export async function installPacked(
  type: 'module' | 'commonjs' = 'module',
  express?: string,
): Promise<Installed> {
  const tarball = await packProject();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'packed-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true });
  try {
    const consumer = { name: 'consumer', version: '1.0.0', private: true, type };
    await writeFile(path.join(folder, 'package.json'), JSON.stringify(consumer));
    const others = await Promise.all([express ?? release('express'), ...TYPES.map(release)]);
    const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    await runWell('npm', ['install', ...flags, tarball.file, ...others], { cwd: folder });
    return { ...tarball, folder, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

const TYPES = ['@types/express', '@types/node'];

async function pack(): Promise<Tarball> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'tarball-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const output = await runWell('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT });
  const [{ filename, files }] = JSON.parse(jsonOf(output)) as [
    { filename: string; files: { path: string }[] },
  ];
  return { file: path.join(folder, filename), files: files.map((file) => file.path) };
}

/** `prepack` may write to stdout before the JSON. */
function jsonOf(output: string): string {
  return output.slice(output.search(/^\[/m));
}

/** A package as the project itself installs it: `express@^5.3.0`. */
async function release(name: string): Promise<string> {
  const { devDependencies } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  return `${name}@${devDependencies[name] ?? 'missing'}`;
}
