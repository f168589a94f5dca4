import { rmSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
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
const installations = new Map<string, Promise<string>>();

/** The project as it would be published; it is packed once for all tests. */
export function packProject(): Promise<Tarball> {
  packed ??= pack();
  return packed;
}

/**
 * A new project in which the packed tarball is installed; what is installed is shared by all tests.
 * @param type of the modules in that project
 * @param express what it installs as Express. Default: the release that the project is developed with
 */
export async function installPacked(
  type: 'module' | 'commonjs' = 'module',
  express?: string,
): Promise<Installed> {
  const tarball = await packProject();
  const wanted = express ?? (await release('express'));
  const installing = installations.get(wanted) ?? install(tarball, wanted);
  installations.set(wanted, installing);
  const modules = path.join(await installing, 'node_modules');
  const folder = await mkdtemp(path.join(os.tmpdir(), 'packed-'));
  const consumer = { name: 'consumer', version: '1.0.0', private: true, type };
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(consumer));
  await symlink(modules, path.join(folder, 'node_modules'));
  return { ...tarball, folder, remove: () => rm(folder, { recursive: true }) };
}

/** @returns a folder with what is installed, removed at the end of this process */
async function install(tarball: Tarball, express: string): Promise<string> {
  const folder = await temporaryFolder('installed-');
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ private: true }));
  const others = [express, ...(await Promise.all(TYPES.map(release)))];
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await runWell('npm', ['install', ...flags, tarball.file, ...others], { cwd: folder });
  return folder;
}

async function temporaryFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), prefix));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const TYPES = ['@types/express', '@types/node'];

/** From a copy: packing removes what is built and builds it anew, while other tests may run what is built. */
async function pack(): Promise<Tarball> {
  const folder = await temporaryFolder('tarball-');
  const copy = path.join(folder, 'copy');
  const left = new Set(['.git', 'dist', 'node_modules', 'test']);
  await cp(ROOT, copy, { recursive: true, filter: (file) => !left.has(path.basename(file)) });
  await symlink(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  const output = await runWell('npm', ['pack', '--json', '--pack-destination', folder], { cwd: copy });
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
