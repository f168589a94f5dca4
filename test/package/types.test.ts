import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { installPacked, packProject, ROOT, type Installed } from '../support/package/packed.js';
import { roundTrip } from '../support/mounts/round-trip.js';
import { run, runWell } from '../support/run.js';

/** Uses types of the package as they are meant. */
const TYPED = `
import express from 'express';
import { createImageRegistry, devTokens, memoryStore } from 'express-image-registry';
import type { BlobStore, ImageRegistry, ImageRegistryOptions, KeySpace } from 'express-image-registry';
import { blobStoreSuite } from 'express-image-registry/testing';

const blobs: BlobStore = memoryStore();
const options: ImageRegistryOptions = { authenticate: devTokens(), blobs };
const registry: ImageRegistry = createImageRegistry(options);
express().use('/images-api', registry);
export const ready: Promise<void> = registry.ready();
export type Metadata = KeySpace;
export const suite: (...args: Parameters<typeof blobStoreSuite>) => void = blobStoreSuite;
`;
/** Has an option that there is not. */
const MISTYPED = `
import { createImageRegistry, devTokens } from 'express-image-registry';

createImageRegistry({ authenticate: devTokens(), nonsense: true });
`;

/** How apps in TypeScript find packages, by the type of their modules. */
const APPS = {
  module: [
    { module: 'nodenext', moduleResolution: 'nodenext' },
    { module: 'node16', moduleResolution: 'node16' },
    { module: 'preserve', moduleResolution: 'bundler' },
  ],
  commonjs: [{ module: 'nodenext', moduleResolution: 'nodenext' }],
};

for (const type of ['module', 'commonjs'] as const)
  describe(`the packed tarball in a strict TypeScript app, ${type}`, function () {
    this.timeout(300_000);
    let installed: Installed;

    before(async () => {
      installed = await installPacked(type);
      for (const [file, code] of Object.entries({
        'app.ts': roundTrip('import'),
        'typed.ts': TYPED,
        'mistyped.ts': MISTYPED,
      }))
        await writeFile(path.join(installed.folder, file), code);
    });

    after(async () => {
      await installed.remove();
    });

    for (const resolution of APPS[type])
      it(`compiles, checks and runs with ${JSON.stringify(resolution)}`, async () => {
        // Everything is checked, the declarations of packages as well.
        const options = {
          compilerOptions: {
            ...resolution,
            ...{ target: 'es2023', types: ['node'], strict: true, skipLibCheck: false },
            ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
          },
          files: ['app.ts', 'typed.ts', 'mistyped.ts'],
        };
        await writeFile(path.join(installed.folder, 'tsconfig.json'), JSON.stringify(options));
        const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
        const { stdout } = await run(process.execPath, [tsc], { cwd: installed.folder });
        const [fault, ...others] = stdout.split('\n').filter((line) => line !== '');
        assert.match(
          fault ?? '',
          /^mistyped\.ts.* 'nonsense' does not exist in type 'ImageRegistryOptions'\.$/,
        );
        assert.deepEqual(others, []);
        const output = await runWell(process.execPath, ['app.js'], { cwd: installed.folder });
        assert.equal(output, 'round trip done\n');
      });
  });

describe('the packed tarball, looked at by those who know packages', function () {
  this.timeout(120_000);
  let tarball: Buffer<ArrayBuffer>;

  before(async () => {
    tarball = await readFile((await packProject()).file);
  });

  it('is as publint would have it', async () => {
    const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
    assert.equal(pkg.name, 'express-image-registry');
    assert.deepEqual(
      messages.map((message) => formatMessage(message, pkg)),
      [],
    );
  });

  it('has no types that are wrong, whoever resolves them', async () => {
    const checked = await checkPackage(createPackageFromTarballData(tarball));
    assert.ok(checked.types !== false);
    // ES modules only, by design: Node 20.19 and later can require them.
    const problems = checked.problems.filter(({ kind }) => kind !== 'CJSResolvesToESM');
    assert.deepEqual(problems, []);
  });
});
