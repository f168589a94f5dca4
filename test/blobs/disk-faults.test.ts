import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BlobStore } from '../../lib/blobs/blob-store.js';
import { onDisk } from '../../lib/blobs/disk/disk-error.js';
import { diskStore } from '../../lib/blobs/disk/disk-store.js';
import { isRegistryError, type ErrorCode } from '../../lib/errors.js';
import {
  inPieces,
  KIB,
  MIB,
  readAll,
  sampleBytes,
  stalling,
} from '../../lib/testing/blob-store/sample-data.js';
import { smallDisk, type SmallDisk } from '../support/life/life-mount.js';
import { RecordingLog } from '../support/recording-log.js';
import { until } from '../support/until.js';

const has =
  (code: ErrorCode) =>
  (error: unknown): boolean =>
    isRegistryError(error, code);

describe('disk store: faults', () => {
  let path: string;
  let store: BlobStore;
  const bytes = sampleBytes(600 * KIB);
  let logger: RecordingLog;

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'disk-faults-'));
    logger = new RecordingLog();
    store = diskStore({ path, logger });
    await store.open?.();
  });

  afterEach(async () => {
    await rm(path, { recursive: true, force: true });
    assert.deepEqual(logger.warnings, []);
  });

  const put = async (key = 'k'): Promise<{ location: string; file: string }> => {
    const { location } = await store.write(key, inPieces(bytes, 10_000));
    return { location, file: join(path, 'blobs', location) };
  };

  it('refuses to be without a folder', () => {
    assert.throws(() => diskStore({ path: '' }), { name: 'TypeError', message: /path/ });
  });

  it('refuses a key that another write has staged, and leaves that alone', async () => {
    const { data, go, taken } = stalling(bytes);
    const writing = store.write('k', data);
    writing.catch(() => undefined);
    await until('the first half is taken', taken);
    await assert.rejects(put(), has('key_taken'));
    go(null);
    assert.equal((await writing).size, bytes.length);
  });

  it('keeps others out of its folders and files', async () => {
    await rm(path, { recursive: true });
    await store.open?.();
    const { file } = await put();
    const mode = async (name: string): Promise<number> => (await stat(name)).mode & 0o7777;
    for (const folder of [
      join(path, 'staging'),
      join(path, 'blobs'),
      dirname(file),
      dirname(dirname(file)),
    ]) {
      assert.equal((await mode(folder)) & ~0o700, 0, folder);
    }
    assert.equal((await mode(file)) & ~0o600, 0);
  });

  it('opens again where there are blobs', async () => {
    const { location } = await put();
    const again = diskStore({ path });
    await again.open?.();
    assert.ok((await readAll(await again.read(location))).equals(bytes));
  });

  it('a file where its folder should be is unavailable, at open and later', async () => {
    const { location } = await put();
    await rm(path, { recursive: true });
    await writeFile(path, 'no folder');
    await assert.rejects(diskStore({ path }).open?.() ?? Promise.resolve(), has('unavailable'));
    await assert.rejects(store.read(location), has('unavailable'));
    await assert.rejects(store.stat(location), has('unavailable'));
    await assert.rejects(store.remove(location), has('unavailable'));
    await assert.rejects(store.write('other', inPieces(bytes, 1000)), has('unavailable'));
  });

  it('a missing folder is unavailable, and is not made by a write', async () => {
    const { location } = await put();
    await rm(path, { recursive: true });
    await assert.rejects(store.read(location), has('unavailable'));
    await assert.rejects(store.remove(location), has('unavailable'));
    await assert.rejects(store.write('other', inPieces(bytes, 1000)), has('unavailable'));
    await assert.rejects(stat(path), { code: 'ENOENT' });
  });

  it('follows no link and reads no folder', async () => {
    const { location, file } = await put();
    await rm(file);
    await writeFile(join(path, 'secret'), 'secret');
    await symlink(join(path, 'secret'), file);
    await assert.rejects(store.read(location), has('unavailable'));
    await assert.rejects(store.stat(location), has('unavailable'));
    await store.remove(location);
    assert.equal((await stat(join(path, 'secret'))).size, 6);
    await mkdir(file);
    await assert.rejects(store.read(location), has('unavailable'));
  });

  it('does not write through a link in its staging folder', async () => {
    await writeFile(join(path, 'secret'), 'secret');
    await store.discard('other');
    await symlink(join(path, 'secret'), join(path, 'staging', 'k'));
    await assert.rejects(store.write('k', inPieces(bytes, 1000)), has('key_taken'));
    assert.equal((await stat(join(path, 'secret'))).size, 6);
  });

  it('a file that has become shorter fails the read or breaks the stream', async () => {
    const { location, file } = await put();
    const range = { start: 0, end: bytes.length - 1 };
    const stream = await store.read(location, range);
    await truncate(file, 300 * KIB);
    await assert.rejects(readAll(stream), has('unavailable'));
    await assert.rejects(store.read(location, range), has('unavailable'));
    await appendFile(file, sampleBytes(400 * KIB));
    assert.equal((await readAll(await store.read(location, range))).length, bytes.length);
  });

  it('leaves no file open', async () => {
    const open = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
    const { location } = await put();
    const before = await open();
    for (let turn = 0; turn < 10; turn += 1) {
      (await store.read(location)).destroy();
      const stream = await store.read(location);
      await once(stream, 'readable');
      stream.read(10);
      stream.destroy();
      await assert.rejects(store.read(location, { end: bytes.length }), has('unavailable'));
      await store.stat(location);
      await readAll(await store.read(location));
      await assert.rejects(store.write('k', inPieces(bytes, 1000)), has('key_taken'));
    }
    await until('all files are closed', async () => (await open()) <= before);
  });

  it('a writer that is killed leaves a staged file alone, which discard removes', async () => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', join(import.meta.dirname, 'disk-writer-child.ts'), path, 'killed'],
      {
        stdio: 'inherit',
      },
    );
    const exited = once(child, 'exit');
    const staged = join(path, 'staging', 'killed');
    const begun = async (): Promise<boolean> => {
      const [found] = await Promise.allSettled([stat(staged)]);
      return child.exitCode !== null || (found.status === 'fulfilled' && found.value.size > 4 * MIB);
    };
    try {
      await until('the child writes', begun);
    } finally {
      child.kill('SIGKILL');
    }
    assert.deepEqual(await exited, [null, 'SIGKILL']);
    assert.deepEqual(await readdir(join(path, 'staging')), ['killed']);
    assert.deepEqual(await readdir(join(path, 'blobs')), []);
    await store.discard('killed');
    assert.deepEqual(await readdir(join(path, 'staging')), []);
  });

  it('names the errors of the system', async () => {
    const codes: [string, ErrorCode][] = [
      ['ENOSPC', 'store_full'],
      ['EDQUOT', 'store_full'],
      ['EFBIG', 'store_full'],
      ['EROFS', 'store_denied'],
      ['EACCES', 'store_denied'],
      ['EPERM', 'store_denied'],
      ['EIO', 'unavailable'],
      ['EMFILE', 'unavailable'],
      ['ENOENT', 'unavailable'],
    ];
    for (const [code, expected] of codes) {
      const cause = Object.assign(new Error(`${code}: /secret/path`), { code });
      await assert.rejects(onDisk('try', Promise.reject(cause)), (error: unknown) => {
        assert.ok(isRegistryError(error, expected), code);
        assert.equal(error.cause, cause);
        assert.ok(!error.publicText.includes('/secret'));
        return true;
      });
    }
  });

  describe('on a small file system of its own', () => {
    let disk: SmallDisk;
    let small: BlobStore;

    beforeEach(async () => {
      disk = await smallDisk(2);
      small = diskStore({ path: disk.path, logger });
      await small.open?.();
    });

    afterEach(() => disk.end());

    it('a full disk is store_full, and takes what fits afterwards', async () => {
      const data = inPieces(sampleBytes(8 * MIB), 64 * KIB);
      await assert.rejects(small.write('big', data), has('store_full'));
      assert.ok(data.destroyed);
      assert.deepEqual(await readdir(join(disk.path, 'staging')), []);
      await assert.rejects(small.write('big', inPieces(bytes, 1000), { size: 8 * MIB }), has('store_full'));
      const { location } = await small.write('key', inPieces(bytes, 1000));
      assert.ok((await readAll(await small.read(location))).equals(bytes));
    });

    it('a read-only disk is store_denied, and can be read', async () => {
      const { location } = await small.write('key', inPieces(bytes, 1000));
      await disk.remount('ro');
      await assert.rejects(small.write('other', inPieces(bytes, 1000)), has('store_denied'));
      await assert.rejects(small.remove(location), has('store_denied'));
      assert.ok((await readAll(await small.read(location))).equals(bytes));
    });
  });
});
