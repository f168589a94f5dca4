/**
 * Two stores in the folder that is its argument, in this one process: one commits while the other one is opened, used and closed, 20 times, each time with
 * databases of a new namespace. Says `N commits` in the end.
 */
import { KeyvLmdb } from '../../lib/catalogue/adapters/keyv-lmdb.js';
import { lmdbKeySpace } from '../../lib/catalogue/adapters/lmdb-key-space.js';

const [, , path = ''] = process.argv;
const space = lmdbKeySpace(new KeyvLmdb({ path }), { disconnects: true });
await space.open();
let ends = false;
let commits = 0;
const committing = (async (): Promise<void> => {
  for (; !ends; commits += 1) {
    const key = `k${commits}`;
    await space.commit({ key, expected: 0, value: { commits }, addRows: [key], removeRows: [] });
  }
})();
for (let n = 0; n < 20; n += 1) {
  const store = new KeyvLmdb({ path });
  const other = lmdbKeySpace(store, { namespace: `n${n}`, disconnects: true });
  await other.open();
  const change = { key: 'k', expected: 0, value: { n }, addRows: [], removeRows: [] };
  await Promise.all([store.set(`k${n}`, n), other.commit(change)]);
  await other.close();
}
ends = true;
await committing;
await space.close();
console.log(`${commits} commits`);
