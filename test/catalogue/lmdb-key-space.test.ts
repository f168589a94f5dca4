import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import Keyv from 'keyv';
import { KeyvLmdb } from '../../lib/catalogue/adapters/keyv-lmdb.js';
import { lmdbKeySpace } from '../../lib/catalogue/adapters/lmdb-key-space.js';
import type { KeySpace } from '../../lib/catalogue/key-space.js';
import { isRegistryError } from '../../lib/errors.js';
import { keySpaceSuite } from '../../lib/testing/key-space-suite.js';
import { scan } from '../../lib/testing/key-space/sample-records.js';

const CHILD = fileURLToPath(new URL('./lmdb-writer-child.ts', import.meta.url));
const RANGE = { start: '', end: '\xff', limit: 1_000_000 };

describe('key space on LMDB', () => {
  let folder = '';
  let count = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lmdb-key-space-'));
  });
  after(() => rm(folder, { recursive: true }));

  const openAt = async (path: string): Promise<KeySpace> => {
    const space = lmdbKeySpace(new KeyvLmdb({ path }));
    await space.open();
    return space;
  };
  const newPath = (): string => join(folder, String(count++));

  let path = '';
  const onData = (): Promise<KeySpace> => Promise.resolve(lmdbKeySpace(new KeyvLmdb({ path })));
  keySpaceSuite({ describe, it, before, after }, 'in a folder', {
    create: () => {
      path = newPath();
      return onData();
    },
    reopen: onData,
    another: onData,
  });

  const args = (...more: string[]): string[] => ['--import', 'tsx', CHILD, ...more];
  const child = (...more: string[]): ChildProcess =>
    spawn(process.execPath, args(...more), { stdio: ['ignore', 'pipe', 'inherit'] });

  it('is shared by several processes', async () => {
    const shared = newPath();
    const space = await openAt(shared);
    const children = [child(shared, 'count'), child(shared, 'count')];
    const ended = Promise.all(children.map((each) => once(each, 'exit')));
    let own = 0;
    while (own < 200) {
      const [record] = await space.get(['n']);
      const value = { count: Number(record?.value.count ?? 0) + 1 };
      const expected = record?.revision ?? 0;
      if (await space.commit({ key: 'n', expected, value, addRows: [], removeRows: [] })) own++;
    }
    assert.deepEqual(await ended, [
      [0, null],
      [0, null],
    ]);
    assert.deepEqual(await space.get(['n']), [{ revision: 600, value: { count: 600 } }]);
    await space.close();
  });

  it('reads what another process has just committed, in the very turn in which it has read before', async () => {
    const shared = newPath();
    const space = await openAt(shared);
    const read = (): Promise<unknown[]> => Promise.all([space.get(['w-0']), scan(space, RANGE)]);
    const before = read();
    // No timer of this process can end the snapshot meanwhile.
    assert.equal(spawnSync(process.execPath, args(shared, 'once')).status, 0);
    const after = read();
    assert.deepEqual(await before, [[undefined], []]);
    const [[record], rows] = (await after) as [[{ revision: number }], string[]];
    assert.deepEqual([record.revision, rows], [1, ['w-0']]);
    await space.close();
  });

  it('has all that was acknowledged when a writer is killed, and nothing by halves', async () => {
    const shared = newPath();
    const space = await openAt(shared);
    for (let round = 0; round < 3; round++) {
      const killed = newPath();
      for (const target of [killed, shared]) {
        const writer = child(target, 'endless');
        let output = '';
        writer.stdout?.on('data', (data: Buffer) => {
          output += data.toString();
          if (output.split('\n').length > 200) writer.kill('SIGKILL');
        });
        await once(writer, 'close');
        const numbers = output.split('\n').slice(0, -1).map(Number);
        const opened = target === shared ? space : await openAt(target);
        const keys = numbers.map((number) => `w-${number}`);
        const records = await opened.get(keys);
        assert.ok(numbers.length >= 200);
        assert.deepEqual(
          records.filter((record) => record === undefined),
          [],
        );
        const rows = await scan(opened, RANGE);
        for (const row of rows) assert.ok((await opened.get([row]))[0], `${row} has no record`);
        for (const key of keys) assert.ok(rows.includes(key), `${key} has no row`);
        if (target !== shared) await opened.close();
      }
      // The killed writer may have held the lock; then a commit that it had all but finished comes to light with the next one.
      for (let rows = await scan(space, RANGE); rows.length > 0; rows = await scan(space, RANGE)) {
        for (const row of rows) {
          const change = { key: row, expected: 1, value: null, addRows: [], removeRows: [row] };
          assert.ok(await space.commit(change));
        }
      }
    }
    await space.close();
  });

  it('a full disk is unavailable, not the end of the process', async () => {
    // Files may have 4 MiB; the system then answers as it does when a disk is full, but for the name of the error.
    const script = `trap '' XFSZ; ulimit -f 4096; exec "$@"`;
    const full = spawn('bash', ['-c', script, 'bash', process.execPath, ...args(newPath(), 'fill')], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [output, ended] = await Promise.all([text(full.stdout), once(full, 'exit')]);
    assert.match(output, /\d\nfull: Error: File too large.*\nstill reads revision 1\n$/);
    assert.deepEqual(ended, [0, null]);
  });

  it('keeps namespaces of one folder apart, and from the entries of Keyv', async () => {
    const store = new KeyvLmdb({ path: newPath() });
    const keyv = new Keyv({ store, namespace: 'keyv' });
    await keyv.set('k', 'entry');
    const spaces = ['one', 'two'].map((namespace) => lmdbKeySpace(store, { namespace }));
    for (const [index, space] of spaces.entries()) {
      await space.open();
      const added = await space.commit({
        key: 'k',
        expected: 0,
        value: { index },
        addRows: [`r${index}`],
        removeRows: [],
      });
      assert.equal(added, true);
    }
    await keyv.clear();
    for (const [index, space] of spaces.entries()) {
      assert.deepEqual(await scan(space, RANGE), [`r${index}`]);
      await space.close();
    }
    assert.equal(store.isOpen, true, 'the store was opened by its owner');
    await keyv.disconnect();
  });

  it('says so when its folder cannot be opened, and opens it later', async () => {
    const place = newPath();
    await writeFile(place, 'not a folder');
    const space = lmdbKeySpace(new KeyvLmdb({ path: place }));
    await assert.rejects(space.open(), (error) => isRegistryError(error, 'unavailable'));
    await rm(place);
    await space.open();
    assert.deepEqual(await scan(space, RANGE), []);
    await space.close();
  });

  it('closing waits for running commits, and later calls fail', async () => {
    const place = newPath();
    const space = await openAt(place);
    const commits = Array.from({ length: 50 }, (_, index) =>
      space.commit({ key: `k${index}`, expected: 0, value: {}, addRows: [`r${index}`], removeRows: [] }),
    );
    await Promise.all([...commits, space.close()]);
    for (const call of [() => space.get(['k0']), () => scan(space, RANGE)]) {
      await assert.rejects(call(), (error) => isRegistryError(error, 'unavailable'));
    }
    const later = await openAt(place);
    assert.equal((await scan(later, RANGE)).length, 50);
    await later.close();
  });

  it('survives its store being disconnected under it', async () => {
    const store = new KeyvLmdb({ path: newPath() });
    const space = lmdbKeySpace(store);
    await space.open();
    const outcomes = Promise.allSettled(
      Array.from({ length: 20 }, async (_, index) => {
        if (index === 10) await store.disconnect();
        await space.get(['k']);
        await scan(space, RANGE);
        return space.commit({ key: `k${index}`, expected: 0, value: {}, addRows: [], removeRows: [] });
      }),
    );
    for (const outcome of await outcomes) {
      if (outcome.status === 'rejected') assert.ok(isRegistryError(outcome.reason, 'unavailable'));
    }
    await assert.rejects(space.get(['k']), (error) => isRegistryError(error, 'unavailable'));
    await space.close();
  });
});
