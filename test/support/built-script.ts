import { once } from 'node:events';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUILT } from '../setup/part.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What holds all scripts. */
export const PROJECTS = ['example', 'test/support/life'] as const;

/** A script that a test starts as a process of its own, by its path from the root. */
export type Script = 'example/server.ts' | 'test/support/life/mortal-child.ts';

const builds = new Map<string, Promise<void>>();

/**
 * The JavaScript of a script, built anew where sources have changed: plain code starts in a third of the time that a loader of TypeScript needs.
 * @returns the path of a file
 * @throws Error when it cannot be built
 */
export async function builtScript(script: Script): Promise<string> {
  const isExample = script.startsWith('example/');
  await built(isExample ? 'example' : 'test/support/life');
  const { dir, name } = path.parse(script);
  return path.join(ROOT, isExample ? 'example/dist' : path.join('test/dist', dir), `${name}.js`);
}

function built(project: string): Promise<void> {
  // Several processes must not write the same files.
  if (process.env[BUILT] !== undefined) return Promise.resolve();
  const building = builds.get(project) ?? compile(project);
  builds.set(project, building);
  return building;
}

/** @throws Error when it cannot be built */
export async function compile(...projects: string[]): Promise<void> {
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  const child = spawn(process.execPath, [tsc, '-b', ...projects], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`tsc -b ${projects.join(' ')} ended with ${code}`);
}
