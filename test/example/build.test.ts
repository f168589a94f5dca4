import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from '../support/package/packed.js';
import { runWell } from '../support/run.js';

describe('what npm start builds', () => {
  const SOURCES = [
    'lib/a/b.ts',
    'example/server.ts',
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ] as const;
  const BUILT = ['dist/.tsbuildinfo', 'example/dist/.tsbuildinfo', 'example/dist/server.js'] as const;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'build-'));
    await put('bin/tsc', '#!/bin/sh\necho "$@" >>calls\n');
    await chmod(at('bin/tsc'), 0o755);
    for (const name of [...SOURCES, ...BUILT]) await put(name, '');
    for (const name of [...SOURCES, 'lib', 'lib/a', 'example']) await age(name, 60);
    for (const name of BUILT) await age(name, 30);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const at = (name: string): string => path.join(folder, name);
  async function put(name: string, text: string): Promise<void> {
    await mkdir(path.dirname(at(name)), { recursive: true });
    await writeFile(at(name), text);
  }
  async function age(name: string, seconds: number): Promise<void> {
    const time = Date.now() / 1000 - seconds;
    await utimes(at(name), time, time);
  }
  async function build(): Promise<string> {
    const env = { PATH: `${at('bin')}:${process.env.PATH ?? ''}` };
    await runWell('sh', [path.join(ROOT, 'example/build.sh')], { cwd: folder, env });
    return readFile(at('calls'), 'utf8').catch(() => '');
  }

  it('is nothing when it is newer than the sources', async () => {
    await age('example/dist/server.js', 0);
    assert.equal(await build(), '');
  });

  for (const name of SOURCES)
    it(`is all that ${name} needs when that has changed`, async () => {
      await age(name, 0);
      assert.equal(await build(), '-b example\n');
    });

  it('is all that a removed source leaves', async () => {
    await unlink(at('lib/a/b.ts'));
    assert.equal(await build(), '-b example\n');
  });

  for (const name of ['dist/.tsbuildinfo', 'example/dist/.tsbuildinfo'])
    it(`is everything where there is no ${name}`, async () => {
      await unlink(at(name));
      assert.equal(await build(), '-b example\n');
    });
});
