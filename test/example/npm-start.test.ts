import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { builtScript } from '../support/built-script.js';
import { ROOT } from '../support/package/packed.js';
import { until } from '../support/until.js';

type Npm = ChildProcessByStdio<null, Readable, Readable>;

describe('npm start', function () {
  this.timeout(300_000);
  let folder: string;
  let npm: Npm;
  let output: string;
  let ended: Promise<unknown[]>;

  // As the first start would, but with time for it.
  before(() => builtScript('example/server.ts'));

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'npm-start-'));
    // A process group of its own, as a terminal makes it.
    npm = spawn('npm', ['start', '--', '--port', '0', '--data', folder], {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    output = '';
    for (const stream of [npm.stdout, npm.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    ended = once(npm, 'exit');
  });

  afterEach(async () => {
    signalGroup('SIGKILL');
    await rm(folder, { recursive: true });
  });

  function signalGroup(signal: NodeJS.Signals): void {
    try {
      process.kill(-npm.pid!, signal);
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH', 'it has ended');
    }
  }

  async function url(): Promise<string> {
    const listening = (): string | undefined => /^listening on (\S+)$/m.exec(output)?.[1];
    await until('the server listens', () => {
      if (npm.exitCode !== null) throw new Error(`npm start ended with ${npm.exitCode}: ${output}`);
      return listening() !== undefined;
    });
    return listening()!;
  }

  const ways: readonly (readonly [string, () => void])[] = [
    ['a SIGTERM to npm', () => npm.kill('SIGTERM')],
    ['a Ctrl-C, which the server gets from the terminal and from npm', () => signalGroup('SIGINT')],
  ];
  for (const [way, end] of ways)
    it(`serves what is built, and ends with ${way}`, async () => {
      const server = await url();
      assert.equal((await fetch(`${server}v1/images`)).status, 200);
      end();
      assert.deepEqual(await ended, [0, null], output);
      await assert.rejects(fetch(server), 'nobody holds the port');
    });
});
