import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import type { BlobStore } from '../../lib/blobs/blob-store.js';
import { memoryStore } from '../../lib/blobs/memory/memory-store.js';
import { BlobStores } from '../../lib/blobs/stores.js';
import { isRegistryError, RegistryError } from '../../lib/errors.js';
import { RecordingLog } from '../support/recording-log.js';

const guarding = { log: new RecordingLog() };

/** A store that counts how often it is opened and closed. */
function counting(calls: string[], name: string): BlobStore {
  const tell = (call: string) => (): Promise<void> => Promise.resolve(void calls.push(`${call} ${name}`));
  return Object.assign(memoryStore(), { open: tell('open'), close: tell('close') });
}

/** One store of every kind. */
function several(old = memoryStore()): BlobStores {
  const stores = {
    web: 'http',
    fast: { store: memoryStore(), description: 'SSDs' },
    old: { store: old, readOnly: true },
    slow: memoryStore(),
  } as const;
  return new BlobStores({ stores, defaultStore: 'fast' }, guarding);
}

describe('BlobStores', () => {
  it('calls a store that is alone file', async () => {
    const stores = new BlobStores(memoryStore(), guarding);
    assert.deepEqual(stores.names, ['file']);
    assert.equal(stores.resolve(null).name, 'file');
    const { location } = await stores
      .at({ store: 'file' })
      .write('k', Readable.from(['x'], { objectMode: false }));
    assert.deepEqual(await stores.resolve('file').store.stat(location), { size: 1 });
  });

  it('lets bytes wait in the default store, in another one, or in one that nobody may pick', () => {
    const stores = {
      fast: memoryStore(),
      slow: memoryStore(),
      old: { store: memoryStore(), readOnly: true },
    };
    const of = (staging?: BlobStore | string): BlobStores =>
      new BlobStores({ stores, defaultStore: 'fast' }, guarding, staging);
    assert.deepEqual([of().staging, of('slow').staging, of(stores.slow).staging], ['fast', 'slow', 'slow']);
    const apart = of(memoryStore());
    assert.equal(apart.staging, 'os_glance_staging_store');
    assert.ok(apart.names.includes(apart.staging) && apart.holdsBlobs(apart.staging));
    assert.deepEqual([apart.has(apart.staging), apart.writable], [false, ['fast', 'slow']]);
    assert.ok(apart.infos.every(({ id }) => id !== apart.staging));
    for (const wrong of ['none', 'old'])
      assert.throws(() => of(wrong), { name: 'TypeError', message: /option staging must be/ });
  });

  it('finds stores by name, the default one as file and for null', () => {
    const stores = new BlobStores(
      { stores: { fast: memoryStore(), slow: memoryStore() }, defaultStore: 'slow' },
      guarding,
    );
    assert.deepEqual(stores.names, ['fast', 'slow']);
    assert.equal(stores.resolve(null).name, 'slow');
    assert.equal(stores.resolve('file').name, 'slow');
    assert.equal(stores.resolve('fast').name, 'fast');
    assert.equal(stores.at({ store: 'fast' }), stores.resolve('fast').store);
    assert.notEqual(stores.at({ store: 'fast' }), stores.at({ store: 'slow' }));
    assert.deepEqual(
      ['fast', 'slow', 'file', 'FAST', 'none', 'constructor', '__proto__'].map((name) => stores.has(name)),
      [true, true, true, false, false, false, false],
    );
  });

  it('has file for another store when one is named so', () => {
    const stores = new BlobStores(
      { stores: { file: memoryStore(), main: memoryStore() }, defaultStore: 'main' },
      guarding,
    );
    assert.equal(stores.resolve('file').name, 'file');
    assert.equal(stores.resolve(null).name, 'main');
  });

  it('says that a store is not available when it is not configured any more', () => {
    const stores = new BlobStores(memoryStore(), guarding);
    assert.throws(
      () => stores.at({ store: 'gone' }),
      (error) => isRegistryError(error, 'unavailable'),
    );
    assert.throws(
      () => stores.resolve('gone'),
      (error) => isRegistryError(error, 'unavailable'),
    );
  });

  it('opens and closes every store once', async () => {
    const calls: string[] = [];
    const [one, two] = [counting(calls, 'one'), counting(calls, 'two')];
    const stores = new BlobStores({ stores: { one, same: one, two }, defaultStore: 'two' }, guarding);
    await stores.open();
    assert.deepEqual(calls, ['open one', 'open two']);
    await stores.close();
    assert.deepEqual(calls.slice(2), ['close one', 'close two']);
  });

  it('fails to open when one store does', async () => {
    const broken = Object.assign(memoryStore(), {
      open: () => Promise.reject(new RegistryError('store_denied', 'no')),
    });
    const stores = new BlobStores(
      { stores: { good: memoryStore(), broken }, defaultStore: 'good' },
      guarding,
    );
    await assert.rejects(stores.open(), (error) => isRegistryError(error, 'store_denied'));
  });

  it('tells what clients may know of the stores, in the order of the option', () => {
    const stores = several();
    assert.deepEqual(stores.infos, [
      { id: 'web', isDefault: false, isReadOnly: true, description: null, type: 'http' },
      { id: 'fast', isDefault: true, isReadOnly: false, description: 'SSDs', type: 'memory' },
      { id: 'old', isDefault: false, isReadOnly: true, description: null, type: 'memory' },
      { id: 'slow', isDefault: false, isReadOnly: false, description: null, type: 'memory' },
    ]);
    assert.deepEqual(stores.names, ['fast', 'old', 'slow']);
    assert.deepEqual(stores.writable, ['fast', 'slow']);
    assert.equal(stores.elsewhere, 'web');
    assert.equal(new BlobStores(memoryStore(), guarding).elsewhere, null);
  });

  it('knows what can be written to, by every name', () => {
    const stores = several();
    assert.deepEqual(
      ['web', 'fast', 'file', 'old', 'slow', 'none'].map((name) => [
        stores.has(name),
        stores.isReadOnly(name),
      ]),
      [
        [true, true],
        [true, false],
        [true, false],
        [true, true],
        [true, false],
        [false, false],
      ],
    );
    assert.deepEqual(
      ['file', 'web', 'none'].map((name) => stores.canonical(name)),
      ['fast', 'web', null],
    );
  });

  it('has no blobs in the store that stands for data elsewhere', () => {
    assert.throws(
      () => several().resolve('web'),
      (error) => isRegistryError(error, 'unavailable'),
    );
  });

  it('reads from a read-only store and changes nothing there', async () => {
    const old = Object.assign(memoryStore(), { mark: () => Promise.resolve('theirs') });
    const { location } = await old.write('k', Readable.from(['x'], { objectMode: false }));
    const { store } = several(old).resolve('old');
    const isDenied = (error: unknown): boolean => isRegistryError(error, 'store_denied');
    const data = Readable.from(['y'], { objectMode: false });
    await assert.rejects(store.write('n', data), isDenied);
    assert.ok(data.destroyed);
    await assert.rejects(store.remove(location), isDenied);
    await assert.rejects(store.discard('k'), isDenied);
    await assert.rejects(async () => store.mark?.('a mark'), isDenied);
    assert.equal(await store.mark?.(null), 'theirs');
    assert.deepEqual(await store.stat(location), { size: 1 });
    for await (const chunk of await store.read(location)) assert.equal(String(chunk), 'x');
  });

  it('refuses options that are wrong, by name', () => {
    const good = memoryStore();
    const wrong: [unknown, RegExp][] = [
      [
        { stores: { good }, defaultStore: 'bad' },
        /^createImageRegistry: option blobs\.defaultStore must be one of/,
      ],
      [{ stores: { good } }, /^createImageRegistry: option blobs\.defaultStore must be one of/],
      [
        { stores: { good }, defaultStore: 'constructor' },
        /^createImageRegistry: option blobs\.defaultStore must be one of/,
      ],
      [
        { stores: {}, defaultStore: 'file' },
        /^createImageRegistry: option blobs\.defaultStore must be one of/,
      ],
      [
        { stores: { good: {} }, defaultStore: 'good' },
        /^createImageRegistry: option blobs\.stores\.good must be a BlobStore/,
      ],
      [
        { stores: { good: null }, defaultStore: 'good' },
        /^createImageRegistry: option blobs\.stores\.good must be a BlobStore/,
      ],
      [
        { stores: { 'a b': good }, defaultStore: 'a b' },
        /^createImageRegistry: option blobs\.stores must have names of/,
      ],
      [
        { stores: { ['x'.repeat(65)]: good }, defaultStore: 'a' },
        /^createImageRegistry: option blobs\.stores must have names of/,
      ],
      [{ stores: null, defaultStore: 'a' }, /^createImageRegistry: option blobs must be a BlobStore/],
      [{}, /^createImageRegistry: option blobs must be a BlobStore/],
      [
        { stores: { os_glance_x: good }, defaultStore: 'os_glance_x' },
        /names of .* do not begin with os_glance/,
      ],
      [
        { stores: { good: { store: 1 } }, defaultStore: 'good' },
        /blobs\.stores\.good\.store must be a BlobStore or http/,
      ],
      [
        { stores: { good: { store: good, readOnly: 'yes' } }, defaultStore: 'good' },
        /blobs\.stores\.good\.readOnly must be boolean/,
      ],
      [
        { stores: { good: { store: good, description: 'x'.repeat(256) } }, defaultStore: 'good' },
        /blobs\.stores\.good\.description must be a string of at most 255 characters/,
      ],
      [
        { stores: { good: { store: good, weight: 1 } }, defaultStore: 'good' },
        /there is no option blobs\.stores\.good\.weight/,
      ],
      [
        { stores: { good, web: { store: 'http', readOnly: false } }, defaultStore: 'good' },
        /stores\.web\.readOnly/,
      ],
      [
        { stores: { good, web: 'http', net: { store: 'http' } }, defaultStore: 'good' },
        /at most one http store/,
      ],
      [
        { stores: { good, web: 'http' }, defaultStore: 'web' },
        /defaultStore must be a store that takes data/,
      ],
      [
        { stores: { good: { store: good, readOnly: true } }, defaultStore: 'good' },
        /defaultStore must be a store that takes data/,
      ],
      [
        { stores: { good, twin: { store: good, readOnly: true } }, defaultStore: 'good' },
        /stores\.good is the same store as twin: both must be read-only, or none/,
      ],
    ];
    for (const [option, message] of wrong) {
      assert.throws(() => new BlobStores(option as BlobStore, guarding), { name: 'TypeError', message });
    }
  });
});
