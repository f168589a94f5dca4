import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
  open,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lmdbKeySpace } from '../../lib/catalogue/adapters/lmdb-key-space.js';
import { KeyvLmdb } from '../../lib/catalogue/adapters/keyv-lmdb.js';
import { open as openLmdb } from 'lmdb';
import { checkLmdbPages } from '../../lib/catalogue/adapters/lmdb-pages.js';
import type { KeySpace } from '../../lib/catalogue/key-space.js';
import { isUnavailable } from '../support/life/mark-registries.js';
import { runWell } from '../support/run.js';
import { until } from '../support/until.js';
import { scan } from '../../lib/testing/key-space/sample-records.js';

const CHILD = fileURLToPath(new URL('./lmdb-open-child.ts', import.meta.url));
const PAGE = 4096;

describe('the file of LMDB', () => {
  let folder: string;
  let count = 0;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lmdb-file-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const newPath = (): string => join(folder, String((count += 1)));
  const openAt = async (path: string): Promise<KeySpace> => {
    const space = lmdbKeySpace(new KeyvLmdb({ path }));
    await space.open();
    return space;
  };
  const commit = (space: KeySpace, key: string, size = 10): Promise<boolean> =>
    space.commit({
      key,
      expected: 0,
      value: { text: 'x'.repeat(size) },
      addRows: [key],
      removeRows: [],
    });
  /** A database of small and large records. */
  const filled = async (): Promise<string> => {
    const path = newPath();
    const space = await openAt(path);
    for (let n = 0; n < 100; n += 1) await commit(space, `k${n}`, n % 10 === 0 ? 20_000 : 500);
    await space.close();
    return path;
  };
  const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

  it('is for its owner alone, whatever the umask', async () => {
    const path = newPath();
    const before = process.umask(0);
    try {
      await (await openAt(path)).close();
    } finally {
      process.umask(before);
    }
    assert.equal(await modeOf(path), '700');
    for (const name of ['data.mdb', 'lock.mdb']) assert.equal(await modeOf(join(path, name)), '600');
  });

  it('is taken from all others when they may read it', async () => {
    const path = await filled();
    await chmod(path, 0o755);
    await chmod(join(path, 'data.mdb'), 0o664);
    await (await openAt(path)).close();
    assert.equal(await modeOf(path), '750');
    assert.equal(await modeOf(join(path, 'data.mdb')), '660');
  });

  it('removed or replaced under an open database is unavailable, and works again when it is back', async () => {
    const path = newPath();
    const space = await openAt(path);
    await commit(space, 'first');
    const reads = (): Promise<boolean> =>
      space.get(['first']).then(
        () => true,
        () => false,
      );
    await rename(path, `${path}-away`);
    await isUnavailable(commit(space, 'second'), /data\.mdb has been removed or is not there now/);
    await until('reads fail', async () => !(await reads()));
    await isUnavailable(space.get(['first']), /has been removed/);
    await (await openAt(path)).close();
    await isUnavailable(commit(space, 'second'), /data\.mdb has been replaced by another file/);
    await isUnavailable(scan(space, { start: '', end: '\xff', limit: 10 }), /replaced/);
    await rm(path, { recursive: true });
    await rename(`${path}-away`, path);
    assert.equal(await commit(space, 'second'), true);
    assert.equal((await scan(space, { start: '', end: '\xff', limit: 10 })).length, 2);
    await space.close();
  });

  it('damaged is an error in words, not the end of the process', async function () {
    this.timeout(120_000);
    const whole = await filled();
    const { size } = await stat(join(whole, 'data.mdb'));
    const paths: string[] = [];
    const damaged = async (work: (file: string) => Promise<unknown>): Promise<void> => {
      const path = newPath();
      await mkdir(path);
      await copyFile(join(whole, 'data.mdb'), join(path, 'data.mdb'));
      await work(join(path, 'data.mdb'));
      paths.push(path);
    };
    for (const length of [0, 1, 100, PAGE, 2 * PAGE - 1, 2 * PAGE, size / 2, size - PAGE * 6])
      await damaged((file) => truncate(file, Math.floor(length)));
    await damaged((file) => writeFile(file, Buffer.alloc(size)));
    await damaged((file) => writeFile(file, randomBytes(size)));
    await damaged((file) => writeFile(file, 'text'.repeat(size / 4)));
    await damaged((file) => overwrite(file, 0));
    await damaged((file) => overwrite(file, PAGE));
    await damaged(async (file) => {
      await rm(file);
      await mkdir(file);
    });
    const output = await runWell(process.execPath, ['--import', 'tsx', CHILD, ...paths, whole]);
    const lines = output.trimEnd().split('\n');
    assert.equal(lines.pop(), '100 rows');
    assert.equal(lines.length, paths.length);
    for (const line of lines) {
      assert.match(line, /^unavailable: \S+data\.mdb (has \d+ bytes, it is|is (cut off|damaged|no)) ?/);
    }
  });

  it('that is cut anywhere is refused or read whole, for pages at its end may not be in use', async () => {
    const whole = await filled();
    const { size } = await stat(join(whole, 'data.mdb'));
    const paths: string[] = [];
    for (let length = size; length > size / 2; length -= PAGE) {
      const path = newPath();
      await mkdir(path);
      await copyFile(join(whole, 'data.mdb'), join(path, 'data.mdb'));
      await truncate(join(path, 'data.mdb'), length);
      paths.push(path);
    }
    const output = await runWell(process.execPath, ['--import', 'tsx', CHILD, ...paths]);
    const lines = output.trimEnd().split('\n');
    assert.equal(lines.length, paths.length);
    const first = lines.findIndex((line) => line !== '100 rows');
    assert.ok(first > 0);
    for (const line of lines.slice(first))
      assert.match(line, /^unavailable: .* is cut off, it has \d+ bytes/);
  });

  it('is looked at in the same time, however large it is', async () => {
    const path = newPath();
    const root = openLmdb<string, string>({ path, encoding: 'string' });
    await root.transaction(() => {
      for (let n = 0; n < 20_000; n += 1) void root.put(`k${n}`, 'x'.repeat(n % 100 === 0 ? 5_000 : 1_000));
    });
    await root.close();
    const file = await open(join(path, 'data.mdb'), 'r+');
    try {
      const { size } = await file.stat();
      assert.ok(size > 5000 * PAGE);
      // As if the last transaction had taken some pages more and given them back: whether they are in use has to be found out.
      for (const meta of [0, PAGE]) {
        const last = Buffer.alloc(8);
        last.writeBigUInt64LE(BigInt(size / PAGE + 10));
        await file.write(last, 0, 8, meta + 144);
      }
      let reads = 0;
      const counted = new Proxy(file, {
        get: (target, name) => {
          if (name !== 'read') return (): unknown => target.stat();
          reads += 1;
          return target.read.bind(target);
        },
      });
      assert.equal(await checkLmdbPages(counted), null);
      assert.ok(reads > 1000 && reads <= 2010, `${reads} reads`);
    } finally {
      await file.close();
    }
  });
});

async function overwrite(file: string, at: number): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.write(Buffer.alloc(PAGE, 7), 0, PAGE, at);
  await handle.close();
}
