import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import Keyv from 'keyv';
import {
  createImageRegistry,
  devTokens,
  diskStore,
  memoryStore,
  type ImageRegistryOptions,
} from '../../lib/index.js';

const good = (): ImageRegistryOptions => ({
  authenticate: devTokens(),
  metadata: new Keyv({ throwOnErrors: true }),
  blobs: memoryStore(),
});

describe('createImageRegistry', () => {
  const store = memoryStore();
  const faults: readonly (readonly [object, RegExp])[] = [
    [{ colour: 'red' }, /no option colour/],
    [{ authenticate: undefined }, /authenticate/],
    [{ authenticate: 'everyone' }, /authenticate must be a function/],
    [{ metadata: {} }, /metadata must be a Keyv or a KeySpace/],
    [{ metadata: 'redis://' }, /metadata/],
    [{ blobs: {} }, /blobs must be a BlobStore/],
    [{ blobs: { stores: {}, defaultStore: 'a' } }, /blobs/],
    [{ blobs: { stores: { a: store }, defaultStore: 'b' } }, /blobs\.defaultStore/],
    [{ blobs: { stores: { 'a b': store }, defaultStore: 'a b' } }, /blobs\.stores/],
    [{ blobs: { stores: { a: store }, defaultStore: 'a', more: 1 } }, /blobs/],
    [{ publicEndpoint: 'images.example.org' }, /publicEndpoint/],
    [{ publicEndpoint: 'ftp://x' }, /publicEndpoint/],
    [{ unknownPaths: 'ignore' }, /unknownPaths must be one of choices, notFound, next/],
    [{ lenientClients: 'yes' }, /lenientClients/],
    [{ limitDefault: 0 }, /limitDefault/],
    [{ limitMax: 1.5 }, /limitMax/],
    [{ limitDefault: 50, limitMax: 10 }, /limitDefault/],
    [{ imageSizeCap: '5' }, /imageSizeCap/],
    [{ imagePropertyQuota: -1 }, /imagePropertyQuota/],
    [{ diskFormats: [] }, /diskFormats/],
    [{ containerFormats: ['a b'] }, /containerFormats/],
    [{ leaseTime: 0 }, /leaseTime/],
    [{ sweepInterval: -1 }, /sweepInterval/],
    [{ metadataDeadline: 0 }, /metadataDeadline/],
    [{ blobDeadline: Number.NaN }, /blobDeadline/],
    [{ logger: { info: () => undefined } }, /logger/],
    [{ dataDir: '' }, /dataDir/],
  ];
  for (const [fault, message] of faults)
    it(`refuses ${Object.entries(fault)
      .map(([key, value]) => `${key}: ${typeof value}`)
      .join()} ${message.source}`, () => {
      const options: ImageRegistryOptions = { ...good(), ...fault };
      assert.throws(
        () => createImageRegistry(options),
        (error: unknown) => {
          assert.ok(error instanceof TypeError);
          assert.match(error.message, message);
          return true;
        },
      );
    });

  it('refuses what is no object', () => {
    for (const options of [undefined, null, 'x', []])
      assert.throws(() => createImageRegistry(options as unknown as ImageRegistryOptions), TypeError);
  });

  it('does nothing before it is needed', async () => {
    const dataDir = path.join(os.tmpdir(), crypto.randomUUID());
    const registry = createImageRegistry({ authenticate: devTokens(), dataDir });
    await registry.close();
    await assert.rejects(readdir(dataDir));
  });

  it('leaves its options as they are', async () => {
    const freeze = <T extends object>(value: T): Readonly<T> => Object.freeze(value);
    const options: ImageRegistryOptions = freeze({
      ...good(),
      blobs: freeze({ stores: freeze({ a: memoryStore(), b: memoryStore() }), defaultStore: 'b' }),
      diskFormats: freeze(['raw']),
      containerFormats: freeze(['bare']),
      limitDefault: 50,
      limitMax: 100,
    });
    const before = { ...options };
    const registry = createImageRegistry(options);
    await registry.ready();
    await registry.close();
    assert.deepEqual(options, before);
  });
});

describe('ready() and close()', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'options-'));
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  it('refuse storage that cannot be used', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    const bad: readonly Partial<ImageRegistryOptions>[] = [
      { blobs: diskStore({ path: path.join(file, 'blobs') }) },
      { metadata: new Keyv({ throwOnErrors: true, ttl: 1000 }) },
      { blobs: Object.assign(memoryStore(), { open: () => Promise.reject(new Error('down')) }) },
    ];
    for (const option of bad) {
      const registry = createImageRegistry({ ...good(), ...option });
      await assert.rejects(registry.ready(), (error: unknown) => error instanceof Error);
      // Another try is made, and fails, too.
      await assert.rejects(registry.ready());
      await registry.close();
    }
  });

  it('are good for any number of calls, but not for a second life', async () => {
    const registry = createImageRegistry({ ...good(), sweepInterval: 0 });
    await Promise.all([registry.ready(), registry.ready()]);
    await registry.ready();
    assert.equal((await registry.sweep()).settled, 0);
    await Promise.all([registry.close(), registry.close()]);
    await registry.close();
    await assert.rejects(registry.ready(), /closed/);
    await assert.rejects(registry.sweep(), /closed/);
  });

  it('open the identity strategy and close it, once', async () => {
    const calls: string[] = [];
    const authenticate = Object.assign(() => null, {
      open: async () => void calls.push(await Promise.resolve('open')),
      close: async () => void calls.push(await Promise.resolve('close')),
    });
    const registry = createImageRegistry({ ...good(), authenticate });
    await registry.ready();
    await registry.ready();
    await registry.close();
    assert.deepEqual(calls, ['open', 'close']);
  });

  it('keep what they made by themselves in dataDir', async () => {
    const dataDir = path.join(folder, 'data');
    const registry = createImageRegistry({ authenticate: devTokens(), dataDir });
    await registry.ready();
    assert.deepEqual((await readdir(dataDir)).sort(), ['blobs', 'metadata']);
    await registry.close();
  });
});
