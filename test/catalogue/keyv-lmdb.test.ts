import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Keyv from 'keyv';
import { KeyvLmdb } from '../../lib/catalogue/adapters/keyv-lmdb.js';
import { runWell } from '../support/run.js';
import { until } from '../support/until.js';

const CHILD = fileURLToPath(new URL('./lmdb-shared-child.ts', import.meta.url));

describe('KeyvLmdb', () => {
  let path = '';
  let opened: Keyv[] = [];
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'keyv-lmdb-'));
  });
  afterEach(async () => {
    await Promise.all(opened.map((keyv) => keyv.disconnect()));
    opened = [];
    await rm(path, { recursive: true });
  });

  const open = (namespace?: string, more: { useKeyPrefix?: boolean; ttl?: number } = {}): Keyv => {
    const store = new KeyvLmdb({ path });
    const keyv = new Keyv({
      store,
      throwOnErrors: true,
      ...(namespace === undefined ? {} : { namespace }),
      ...more,
    });
    opened.push(keyv);
    return keyv;
  };
  const entries = async (keyv: Keyv): Promise<unknown[]> => {
    assert.ok(keyv.iterator);
    const found: unknown[] = [];
    for await (const entry of keyv.iterator(undefined)) found.push(entry);
    return found;
  };

  it('touches no file before it is used', async () => {
    open();
    assert.deepEqual(await readdir(path), []);
  });

  it('sets, gets, has and deletes', async () => {
    const keyv = open();
    assert.equal(await keyv.get('k'), undefined);
    assert.equal(await keyv.set('k', { astral: '😀', nothing: null }), true);
    assert.deepEqual(await keyv.get('k'), { astral: '😀', nothing: null });
    assert.equal(await keyv.has('k'), true);
    assert.equal(await keyv.has('other'), false);
    assert.equal(await keyv.delete('k'), true);
    assert.equal(await keyv.delete('k'), false);
    assert.equal(await keyv.get('k'), undefined);
  });

  it('does so with many keys', async () => {
    const keyv = open();
    await keyv.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ]);
    assert.deepEqual(await keyv.getMany(['b', 'none', 'a']), [2, undefined, 1]);
    assert.deepEqual(await keyv.hasMany(['a', 'none']), [true, false]);
    assert.equal(await keyv.deleteMany(['a', 'none']), false);
    assert.equal(await keyv.deleteMany(['b']), true);
    assert.deepEqual(await keyv.getMany(['a', 'b']), [undefined, undefined]);
  });

  it('keeps values when it is disconnected, and opens again by itself', async () => {
    const keyv = open();
    await keyv.set('k', 'kept');
    await keyv.disconnect();
    await keyv.disconnect();
    assert.equal(await keyv.get('k'), 'kept');
    await open().disconnect();
    assert.equal(await open().get('k'), 'kept');
  });

  it('shares what is open in this process, until the last one disconnects', async () => {
    const [one, two] = [open('one'), open('two')];
    await Promise.all([one.set('k', 1), two.set('k', 2)]);
    await one.disconnect();
    assert.equal(await two.get('k'), 2);
    // Closing and opening at once, by the name of the folder and by another one.
    const other = new KeyvLmdb({ path: `${path}/../${basename(path)}/` });
    await Promise.all([two.disconnect(), other.set('k', 3), one.set('k', 4)]);
    await Promise.all([other.disconnect(), one.disconnect()]);
    assert.deepEqual(await Promise.all([one.get('k'), two.get('k'), other.get('k')]), [4, 2, 3]);
    await other.disconnect();
  });

  it('opens while others in this process commit', async () => {
    // In a process of its own: waiting for each other would stop this one.
    const output = await runWell(process.execPath, ['--import', 'tsx', CHILD, path]);
    assert.match(output, /^\d+ commits\n$/);
  });

  it('forgets an entry when its time is over', async () => {
    const keyv = open();
    await keyv.set('short', 1, 40);
    await keyv.set('long', 2, 3_600_000);
    await keyv.set('ever', 3);
    await until('the short one is gone', async () => !(await keyv.has('short')));
    assert.deepEqual(await keyv.getMany(['short', 'long', 'ever']), [undefined, 2, 3]);
    assert.deepEqual(await entries(keyv), [
      ['ever', 3],
      ['long', 2],
    ]);
  });

  it('an entry that was written anew is not removed with the expired one', async () => {
    const store = new KeyvLmdb({ path });
    await store.set('k', 'old', -1);
    const [expired] = await Promise.all([store.get('k'), store.set('k', 'new')]);
    assert.ok(expired === undefined || expired === 'new');
    assert.equal(await store.get('k'), 'new');
    await store.disconnect();
  });

  it('iterates and clears its own namespace only', async () => {
    const keyvs = ['a', 'ab', 'a:b', 'ü'].map((namespace) => open(namespace));
    for (const keyv of keyvs) await keyv.set('k', keyv.namespace);
    await keyvs[0]?.clear();
    assert.deepEqual(await Promise.all(keyvs.map((keyv) => keyv.get('k'))), [undefined, 'ab', 'a:b', 'ü']);
    assert.deepEqual(await Promise.all(keyvs.slice(1).map(entries)), [
      [['k', 'ab']],
      [['b:k', 'a:b']],
      [['k', 'ü']],
    ]);
  });

  it('keeps namespaces apart that are not part of the keys', async () => {
    const [one, two] = [open('one', { useKeyPrefix: false }), open('two', { useKeyPrefix: false })];
    await one.set('k', 1);
    await two.set('k', 2);
    await one.clear();
    assert.deepEqual([await one.get('k'), await two.get('k')], [undefined, 2]);
  });

  it('iterates and clears thousands', async () => {
    const keyv = open();
    const keys = Array.from({ length: 1_234 }, (_, index) => `k${String(index).padStart(4, '0')}`);
    await keyv.setMany(keys.map((key) => ({ key, value: key })));
    assert.deepEqual(
      await entries(keyv),
      keys.map((key) => [key, key]),
    );
    await keyv.clear();
    assert.deepEqual(await entries(keyv), []);
  });

  it('refuses keys that LMDB has no room for', async () => {
    const keyv = open('n');
    const longest = 'k'.repeat(1_976 - 'n'.length - 'n:'.length);
    assert.equal(await keyv.set(longest, 1), true);
    assert.equal(await keyv.get(longest), 1);
    await assert.rejects(keyv.set(`${longest}k`, 1), RangeError);
    await assert.rejects(keyv.get(`${longest}k`), RangeError);
  });

  it('two on one folder see what the other acknowledged', async () => {
    const [one, two] = [open(), open()];
    for (let turn = 0; turn < 20; turn++) {
      await one.set('k', turn);
      assert.equal(await two.get('k'), turn);
    }
  });
});
