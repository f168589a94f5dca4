import assert from 'node:assert/strict';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fillFile } from '../../lib/blobs/disk/disk-files.js';
import { EarlySync } from '../../lib/blobs/disk/early-sync.js';
import { isRegistryError } from '../../lib/errors.js';
import { MIB } from '../../lib/testing/blob-store/sample-data.js';
import { until } from '../support/until.js';

describe('disk store: early syncs', () => {
  let path: string;
  let early: EarlySync;

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'early-sync-'));
    early = new EarlySync();
  });

  afterEach(() => rm(path, { recursive: true }));

  /** A file that counts its syncs; early ones do what they are told. */
  const file = async (name: string, sync: () => Promise<void>): Promise<[FileHandle, string[]]> => {
    const handle = await open(join(path, name), 'wx');
    const done: string[] = [];
    const last = handle.sync.bind(handle);
    handle.datasync = async () => {
      done.push('begun early');
      await sync();
      done.push('early');
    };
    handle.sync = async () => {
      done.push('last');
      await last();
    };
    return [handle, done];
  };

  const bytes = (mebibytes: number): Readable =>
    Readable.from(
      Array.from({ length: mebibytes }, () => Buffer.alloc(MIB)),
      { objectMode: false },
    );

  it('are made of each 32 MiB of a file, and it is synced at its end all the same', async () => {
    const [handle, done] = await file('large', () => Promise.resolve());
    assert.equal(await fillFile(handle, bytes(100), early), 100 * MIB);
    assert.deepEqual(done, [...Array<string[]>(3).fill(['begun early', 'early']).flat(), 'last']);
  });

  it('are not made of less', async () => {
    const [handle, done] = await file('small', () => Promise.resolve());
    await fillFile(handle, bytes(32), early);
    assert.deepEqual(done, ['last']);
  });

  it('are for one file at a time, keep none from being written, and end before the file is closed', async () => {
    let go = (): void => undefined;
    const [first, ofFirst] = await file('first', () => new Promise((resolve) => (go = resolve)));
    const [second, ofSecond] = await file('second', () => Promise.resolve());
    const filling = fillFile(first, bytes(100), early);
    await until('all of it is written', async () => (await first.stat()).size === 100 * MIB);
    await fillFile(second, bytes(100), early);
    assert.deepEqual([ofFirst, ofSecond], [['begun early'], ['last']]);
    go();
    await filling;
    assert.deepEqual(ofFirst, ['begun early', 'early', 'last']);
  });

  it('fail the file: whoever syncs it again is told of nothing', async () => {
    const [handle, done] = await file('bad', () =>
      Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })),
    );
    const data = bytes(100);
    await assert.rejects(fillFile(handle, data, early), (error) => isRegistryError(error, 'unavailable'));
    assert.deepEqual([done, data.destroyed], [['begun early'], true]);
    assert.equal(early.isBusy, false);
  });
});
