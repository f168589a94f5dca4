import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyvLmdb } from '../../lib/catalogue/adapters/keyv-lmdb.js';
import { lmdbKeySpace } from '../../lib/catalogue/adapters/lmdb-key-space.js';
import type { Change, KeySpace } from '../../lib/catalogue/key-space.js';
import { scan } from '../../lib/testing/key-space/sample-records.js';

const RANGE = { start: '', end: '\xff', limit: 1000 };

/** A change that makes a record with one row, which has its name. */
function creation(key: string, more: Partial<Change> = {}): Change {
  return { key, expected: 0, value: { key }, addRows: [key], removeRows: [], ...more };
}

describe('commits to LMDB that come together', () => {
  let folder = '';
  let space: KeySpace;
  /** Transactions that were begun. */
  let begun = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lmdb-commits-'));
    const store = new KeyvLmdb({ path: folder });
    space = lmdbKeySpace(store, { disconnects: true });
    await space.open();
    const root = await store.open();
    const begin = root.childTransaction.bind(root);
    root.childTransaction = <T>(work: () => T) => {
      begun += 1;
      return begin(work);
    };
  });
  after(async () => {
    await space.close();
    await rm(folder, { recursive: true });
  });

  const outcomes = async (changes: readonly Change[]): Promise<unknown[]> => {
    const settled = await Promise.allSettled(changes.map((change) => space.commit(change)));
    return settled.map((one) => (one.status === 'fulfilled' ? one.value : 'refused'));
  };

  it('are one transaction', async () => {
    begun = 0;
    const keys = Array.from({ length: 50 }, (_, n) => `one-${n}`);
    const done = await outcomes(keys.map((key) => creation(key)));
    assert.deepEqual(new Set(done), new Set([true]));
    assert.equal(begun, 1);
    assert.deepEqual((await scan(space, RANGE)).sort(), [...keys].sort());
  });

  it('are each judged behind the one before', async () => {
    const changes = [creation('same'), creation('same'), creation('same', { expected: 1, addRows: [] })];
    assert.deepEqual(await outcomes(changes), [true, false, true]);
    assert.equal((await space.get(['same']))[0]?.revision, 2);
  });

  it('are not refused, nor done by halves, for what one of them is refused for', async () => {
    begun = 0;
    const refused = [
      creation('fenced', { fence: { version: 'another', lock: '' } }),
      // Longer than a key of LMDB may be: found out when its record and its first row are written.
      creation('long', { addRows: ['long', 'x'.repeat(3000)] }),
    ];
    const done = await outcomes([creation('first'), ...refused, creation('last')]);
    assert.deepEqual(done, [true, 'refused', 'refused', true]);
    const keys = ['first', 'fenced', 'long', 'last'];
    const found = (await space.get(keys)).map((record) => record?.value.key);
    assert.deepEqual(found, ['first', undefined, undefined, 'last']);
    const rows = await scan(space, RANGE);
    assert.deepEqual(
      keys.filter((key) => rows.includes(key)),
      ['first', 'last'],
    );
    // One for all, and then one for each.
    assert.equal(begun, 5);
  });

  it('are all refused by a key space that was closed meanwhile', async () => {
    const other = lmdbKeySpace(new KeyvLmdb({ path: join(folder, 'other') }), { disconnects: true });
    await other.open();
    await other.close();
    const settled = await Promise.allSettled(['a', 'b'].map((key) => other.commit(creation(key))));
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
  });
});
