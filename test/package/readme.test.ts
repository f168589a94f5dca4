import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Installed } from '../support/package/packed.js';
import { installPacked, ROOT } from '../support/package/packed.js';
import { run } from '../support/run.js';
import { snippetsOf, type Snippet } from '../support/package/snippets.js';

/** Makes a snippet's server listen on a free port and tell which. */
const ANY_PORT = `
const net = require('node:net');
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (_port, ...rest) {
  this.once('listening', () => process.send(this.address().port));
  return listen.call(this, 0, ...rest);
};
`;

describe('the code in README.md', function () {
  this.timeout(300_000);
  const snippets = snippetsOf(readFileSync(path.join(ROOT, 'README.md'), 'utf8'));
  const [runnable, checked] = (['runnable', 'checked'] as const).map((use) =>
    snippets.filter((snippet) => snippet.use === use),
  ) as [Snippet[], Snippet[]];
  let installed: Installed;

  before(async () => {
    installed = await installPacked();
    await writeFile(path.join(installed.folder, 'any-port.cjs'), ANY_PORT);
  });

  after(async () => {
    await installed.remove();
  });

  it('has parts that can be run, and parts that are compiled', () => {
    assert.deepEqual([runnable.length, checked.length], [1, 1]);
  });

  for (const [index, { code }] of checked.entries())
    it(`part ${index + 1} compiles: ${code.trim().split('\n', 1)[0] ?? ''}`, async () => {
      const file = path.join(installed.folder, `checked-${index}.ts`);
      await writeFile(file, code);
      const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
      const options = [
        '--strict',
        '--noEmit',
        '--module',
        'nodenext',
        '--target',
        'es2023',
        '--types',
        'node',
      ];
      const { stdout } = await run(process.execPath, [tsc, ...options, file], { cwd: installed.folder });
      assert.equal(stdout, '');
    });

  for (const [index, { language, code }] of runnable.entries()) {
    it(`part ${index + 1} runs: ${code.trim().split('\n').at(-1) ?? ''}`, async () => {
      const file = path.join(installed.folder, `snippet-${index}.${language === 'ts' ? 'mts' : 'mjs'}`);
      await writeFile(file, code);
      const tsx = pathToFileURL(path.join(ROOT, 'node_modules/tsx/dist/loader.mjs')).href;
      const child = fork(file, {
        cwd: installed.folder,
        execArgv: ['--require', './any-port.cjs', ...(language === 'ts' ? ['--import', tsx] : [])],
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
      let stderr = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      const ended = once(child, 'close') as Promise<[number | null]>;
      if (!code.includes('.listen(')) {
        assert.deepEqual([(await ended)[0], stderr], [0, '']);
        return;
      }
      try {
        const first = await Promise.race([once(child, 'message'), ended.then(() => null)]);
        assert.notEqual(first, null, stderr);
        const prefix = /\.use\('([^']+)'/.exec(code)?.[1] ?? '';
        const answer = await fetch(`http://127.0.0.1:${String(first?.[0])}${prefix}/versions`);
        assert.equal(answer.status, 200);
        assert.match(await answer.text(), /"v1\.1"/);
      } finally {
        child.kill('SIGKILL');
        await ended;
      }
    });
  }
});
