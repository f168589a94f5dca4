import assert from 'node:assert/strict';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Installed } from '../support/packed.js';
import { installPacked, ROOT } from '../support/packed.js';
import type { Ran } from '../support/run.js';
import { run, runWell } from '../support/run.js';

/** Uploads and downloads over a real socket. */
const ROUND_TRIP = `
import assert from 'node:assert/strict';
import http from 'node:http';
import express from 'express';
import { createImageRegistry, none } from 'express-image-registry';

const app = express();
const registry = createImageRegistry({ authenticate: none() });
app.use('/images-api', registry);
await registry.ready();
const server = http.createServer(app);
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = 'http://127.0.0.1:' + server.address().port + '/images-api/v1/images';
const created = await fetch(url, {
  method: 'POST',
  headers: {
    'content-type': 'application/octet-stream',
    'x-image-meta-name': 'packed',
    'x-image-meta-disk_format': 'raw',
    'x-image-meta-container_format': 'bare',
  },
  body: 'the bytes of an image',
});
assert.equal(created.status, 201);
const { image } = await created.json();
const data = await fetch(url + '/' + image.id);
assert.equal(await data.text(), 'the bytes of an image');
server.closeAllConnections();
await new Promise((resolve) => server.close(resolve));
await registry.close();
console.log('round trip done');
`;

describe('the packed tarball, installed alone', function () {
  this.timeout(300_000);
  let installed: Installed;

  before(async () => {
    installed = await installPacked();
  });

  after(async () => {
    await installed.remove();
  });

  async function script(name: string, code: string): Promise<string> {
    await writeFile(path.join(installed.folder, name), code);
    return runWell(process.execPath, [name], { cwd: installed.folder });
  }

  async function compile(name: string, code: string): Promise<Ran> {
    await writeFile(path.join(installed.folder, name), code);
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--noEmit'];
    const node = ['--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
    const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    return run(process.execPath, [tsc, ...strict, ...node, name], { cwd: installed.folder });
  }

  it('holds what is built and documents, nothing else', () => {
    const strangers = installed.files.filter(
      (file) =>
        !/^(dist\/.*\.(js|d\.ts)|docs\/.*\.md|README\.md|CHANGELOG\.md|LICENSE|package\.json)$/.test(file),
    );
    assert.deepEqual(strangers, []);
    assert.ok(installed.files.includes('dist/index.js'));
    assert.ok(installed.files.includes('dist/index.d.ts'));
  });

  it('can be imported', async () => {
    const output = await script(
      'import.mjs',
      `import { createImageRegistry, none } from 'express-image-registry';
       import * as testing from 'express-image-registry/testing';
       console.log(typeof createImageRegistry, typeof none, Object.keys(testing).length > 0);`,
    );
    assert.equal(output, 'function function true\n');
  });

  it('can be required', async () => {
    const output = await script(
      'require.cjs',
      `const { createImageRegistry, none } = require('express-image-registry');
       const testing = require('express-image-registry/testing');
       console.log(typeof createImageRegistry, typeof none, Object.keys(testing).length > 0);`,
    );
    assert.equal(output, 'function function true\n');
  });

  it('does not show its inner files', async () => {
    const output = await script(
      'inner.mjs',
      `await import('express-image-registry/dist/index.js').catch((error) => console.log(error.code));`,
    );
    assert.equal(output, 'ERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });

  it('has types that a strict project compiles with', async () => {
    const good = await compile(
      'typed.ts',
      `import express from 'express';
       import { createImageRegistry, devTokens, memoryStore } from 'express-image-registry';
       import type { BlobStore, ImageRegistry, ImageRegistryOptions, KeySpace } from 'express-image-registry';
       const blobs: BlobStore = memoryStore();
       const options: ImageRegistryOptions = { authenticate: devTokens(), blobs };
       const registry: ImageRegistry = createImageRegistry(options);
       express().use('/images-api', registry);
       export const ready: Promise<void> = registry.ready();
       export type Metadata = KeySpace;`,
    );
    // lmdb 3.5 declares its types as CommonJS for import as well, which TypeScript reports where skipLibCheck is off.
    const faults = good.stdout
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('node_modules/lmdb/'));
    assert.deepEqual(faults, []);
    const bad = await compile(
      'mistyped.ts',
      `import { createImageRegistry, devTokens } from 'express-image-registry';
       createImageRegistry({ authenticate: devTokens(), nonsense: true });`,
    );
    assert.match(bad.stdout, /'nonsense' does not exist in type 'ImageRegistryOptions'/);
  });

  it('takes an image and gives it back, with the defaults', async () => {
    const output = await script('defaults.mjs', ROUND_TRIP);
    assert.equal(output, 'round trip done\n');
  });

  it('loads no Redis package unless Redis is used', async () => {
    const modules = path.join(installed.folder, 'node_modules');
    const packages = ['@redis', '@keyv/redis'];
    for (const name of packages) await rename(path.join(modules, name), path.join(modules, `${name}-gone`));
    try {
      const loaded = await run(process.execPath, ['-e', "import('@keyv/redis')"], { cwd: installed.folder });
      assert.match(loaded.stderr, /ERR_MODULE_NOT_FOUND/, 'the packages are really out of reach');
      assert.equal(await script('no-redis.mjs', ROUND_TRIP), 'round trip done\n');
    } finally {
      for (const name of packages) await rename(path.join(modules, `${name}-gone`), path.join(modules, name));
    }
  });

  it('holds no secrets and no paths of the machine that packed it', async () => {
    for (const file of installed.files) {
      const text = await readFile(
        path.join(installed.folder, 'node_modules/express-image-registry', file),
        'utf8',
      );
      assert.ok(!text.includes(ROOT), `${file} names ${ROOT}`);
      assert.doesNotMatch(text, /-----BEGIN [A-Z ]*PRIVATE KEY-----|_authToken|npm_[A-Za-z0-9]{36}/, file);
    }
  });
});
