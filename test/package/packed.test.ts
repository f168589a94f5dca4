import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { installPacked, ROOT, type Installed } from '../support/package/packed.js';
import { roundTrip } from '../support/mounts/round-trip.js';
import { run, runWell } from '../support/run.js';

describe('the packed tarball, installed alone', function () {
  this.timeout(300_000);
  let installed: Installed;

  before(async () => {
    installed = await installPacked();
  });

  after(async () => {
    await installed.remove();
  });

  const inPackage = (file: string): string =>
    path.join(installed.folder, 'node_modules/express-image-registry', file);

  async function script(name: string, code: string): Promise<string> {
    await writeFile(path.join(installed.folder, name), code);
    return runWell(process.execPath, [name], { cwd: installed.folder });
  }

  it('holds what is built, its sources and documents, nothing else', () => {
    const expected = [
      /^dist\/.*\.(js|d\.ts|d\.ts\.map)$/,
      /^lib\/.*\.ts$/,
      // Runs in a thread, as it is.
      /^lib\/blobs\/digests\/digest-thread\.js$/,
      /^docs\/.*\.md$/,
      /^(README\.md|CHANGELOG\.md|LICENSE|package\.json)$/,
    ];
    const strangers = installed.files.filter((file) => !expected.some((pattern) => pattern.test(file)));
    assert.deepEqual(strangers, []);
    for (const file of ['dist/index.js', 'dist/index.d.ts', 'lib/index.ts', 'LICENSE'])
      assert.ok(installed.files.includes(file), file);
  });

  it('leads from its declarations to their sources', async () => {
    const maps = installed.files.filter((file) => file.endsWith('.d.ts.map'));
    assert.equal(maps.length, installed.files.filter((file) => file.endsWith('.d.ts')).length);
    for (const map of maps) {
      const { sources } = JSON.parse(await readFile(inPackage(map), 'utf8')) as { sources: string[] };
      for (const source of sources)
        assert.ok(installed.files.includes(path.posix.join(path.posix.dirname(map), source)), map);
    }
  });

  for (const [name, load] of [
    ['import.mjs', 'import'],
    ['require.cjs', 'require'],
  ] as const)
    it(`takes an image and gives it back, with the defaults and by ${load}`, async () => {
      assert.equal(await script(name, roundTrip(load)), 'round trip done\n');
    });

  it('has the suites for stores', async () => {
    const look = `console.log(Object.keys(testing).sort().join());`;
    const suites = 'blobStoreSuite,keySpaceSuite\n';
    const name = 'express-image-registry/testing';
    assert.equal(await script('suites.mjs', `import * as testing from '${name}'; ${look}`), suites);
    assert.equal(await script('suites.cjs', `const testing = require('${name}'); ${look}`), suites);
  });

  it('does not show its inner files', async () => {
    const output = await script(
      'inner.mjs',
      `await import('express-image-registry/dist/index.js').catch((error) => console.log(error.code));`,
    );
    assert.equal(output, 'ERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });

  it('brings no Redis package, and tells who uses one what to install', async () => {
    const loaded = await run(process.execPath, ['-e', "import('@keyv/redis')"], { cwd: installed.folder });
    assert.match(loaded.stderr, /ERR_MODULE_NOT_FOUND/);
    const output = await script(
      'redis.mjs',
      `import { redisStore } from 'express-image-registry';
       await redisStore({ url: 'redis://127.0.0.1' }).open().catch((error) => console.log(error.message));`,
    );
    assert.match(output, /npm install @keyv\/redis/);
  });

  it('holds no secrets and no paths of the machine that packed it', async () => {
    for (const file of installed.files) {
      const text = await readFile(inPackage(file), 'utf8');
      assert.ok(!text.includes(ROOT), `${file} names ${ROOT}`);
      assert.doesNotMatch(text, /-----BEGIN [A-Z ]*PRIVATE KEY-----|_authToken|npm_[A-Za-z0-9]{36}/, file);
    }
  });
});

describe('the packed tarball in an app of Express 4', function () {
  this.timeout(300_000);
  let installed: Installed;

  before(async () => {
    installed = await installPacked('commonjs', 'express@^4.21.2');
  });

  after(async () => {
    await installed.remove();
  });

  it('takes an image and gives it back, at an address with its port', async () => {
    await writeFile(path.join(installed.folder, 'app.js'), roundTrip('require'));
    const { version } = JSON.parse(
      await readFile(path.join(installed.folder, 'node_modules/express/package.json'), 'utf8'),
    ) as { version: string };
    assert.match(version, /^4\./);
    assert.equal(await runWell(process.execPath, ['app.js'], { cwd: installed.folder }), 'round trip done\n');
  });
});
