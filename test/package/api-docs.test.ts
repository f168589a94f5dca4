import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Images } from '../../lib/services/images.js';
import { Members } from '../../lib/services/members.js';
import { installPacked, ROOT, type Installed } from '../support/package/packed.js';
import { run } from '../support/run.js';
import { runnableSnippets } from '../support/package/runnable-snippets.js';

describe('docs/api.md', function () {
  this.timeout(300_000);
  const page = readFileSync(path.join(ROOT, 'docs/api.md'), 'utf8');
  const programs = runnableSnippets(page);
  let installed: Installed;
  let code: string;

  before(async () => {
    assert.equal(programs.length, 1);
    code = programs[0]?.code ?? '';
    installed = await installPacked();
    await writeFile(path.join(installed.folder, 'api.mts'), code);
  });

  after(async () => {
    await installed.remove();
  });

  it('uses every method that there is', () => {
    for (const [face, { prototype }] of [
      ['images', Images],
      ['members', Members],
    ] as const)
      for (const method of Object.getOwnPropertyNames(prototype))
        if (method !== 'constructor') assert.ok(code.includes(`${face}.${method}(`), `${face}.${method}`);
  });

  it('compiles in a strict project', async () => {
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--noEmit', '--skipLibCheck'];
    const node = ['--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
    const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    const compiled = await run(process.execPath, [tsc, ...strict, ...node, 'api.mts'], {
      cwd: installed.folder,
    });
    assert.equal(compiled.stdout, '');
  });

  it('runs', async () => {
    const tsx = pathToFileURL(path.join(ROOT, 'node_modules/tsx/dist/loader.mjs')).href;
    const ran = await run(process.execPath, ['--import', tsx, 'api.mts'], { cwd: installed.folder });
    assert.deepEqual([ran.code, ran.stderr], [0, '']);
    assert.match(ran.stdout, /ann of blue deleted [-0-9a-f]{36}: req-42/);
  });
});

describe('the types of the package', function () {
  this.timeout(120_000);

  it('mention nothing that is not exported, and have docs that can be built', async () => {
    const typedoc = path.join(ROOT, 'node_modules/typedoc/bin/typedoc');
    const ran = await run(process.execPath, [typedoc, '--emit', 'none'], { cwd: ROOT });
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  });
});
