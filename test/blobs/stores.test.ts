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
    ];
    for (const [option, message] of wrong) {
      assert.throws(() => new BlobStores(option as BlobStore, guarding), { name: 'TypeError', message });
    }
  });
});
