import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runWell } from './run.js';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Installed {
  /** Folder of a project whose only dependencies are the packed tarball, Express and types. */
  readonly folder: string;
  /** Paths in the tarball. */
  readonly files: readonly string[];
  remove(): Promise<void>;
}

/** Packs the project as it would be published and installs the tarball in an empty folder. */
export async function installPacked(): Promise<Installed> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'packed-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true });
  try {
    return { folder, files: await installIn(folder), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function installIn(folder: string): Promise<string[]> {
  const output = await runWell('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT });
  const [packed] = JSON.parse(jsonOf(output)) as [{ filename: string; files: { path: string }[] }];
  const consumer = { name: 'consumer', version: '1.0.0', private: true, type: 'module' };
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(consumer));
  const { devDependencies } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const others = ['express', '@types/express', '@types/node'].map(
    (name) => `${name}@${devDependencies[name] ?? 'missing'}`,
  );
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await runWell('npm', ['install', ...flags, `./${packed.filename}`, ...others], { cwd: folder });
  return packed.files.map((file) => file.path);
}

/** `prepack` may write to stdout before the JSON. */
function jsonOf(output: string): string {
  return output.slice(output.search(/^\[/m));
}
