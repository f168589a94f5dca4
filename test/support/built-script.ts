import { once } from 'node:events';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A script that a test starts as a process of its own, by its path from the root. */
export type Script =
  'example/server.ts' | 'test/support/life/crash-server.ts' | 'test/support/life/life-child.ts';

const builds = new Map<string, Promise<void>>();

/**
 * The JavaScript of a script, built anew where sources have changed: plain code starts in a third of the time that a loader of TypeScript needs.
 * @returns the path of a file
 * @throws Error when it cannot be built
 */
export async function builtScript(script: Script): Promise<string> {
  const isExample = script.startsWith('example/');
  await built(isExample ? ['-b', 'example'] : ['-b', 'test/support/life']);
  const { dir, name } = path.parse(script);
  return path.join(ROOT, isExample ? 'example/dist' : path.join('test/dist', dir), `${name}.js`);
}

function built(args: readonly string[]): Promise<void> {
  const key = args.join(' ');
  const building = builds.get(key) ?? compile(args);
  builds.set(key, building);
  return building;
}

async function compile(args: readonly string[]): Promise<void> {
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  const child = spawn(process.execPath, [tsc, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`tsc ${args.join(' ')} ended with ${code}`);
}
