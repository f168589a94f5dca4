import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { diskStore } from '../../lib/blobs/disk/disk-store.js';
import type { BlobStore } from '../../lib/index.js';
import { FileJournal } from '../support/life/file-journal.js';

describe('disk store: what has to survive a power cut', () => {
  let path: string;
  let store: BlobStore;
  let journal: FileJournal;

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'durable-'));
    store = diskStore({ path });
    await store.open?.();
    journal = await FileJournal.install(path);
  });

  afterEach(async () => {
    journal.restore();
    await rm(path, { recursive: true });
  });

  const data = (): Readable => Readable.from([Buffer.from('data')], { objectMode: false });

  it('is synced before it has its name, and its name before the write ends', async () => {
    const { location } = await store.write('key', data());
    journal.note('written');
    const [blob, folder] = [`blobs/${location}`, `blobs/${dirname(location)}`];
    assert.deepEqual(journal.entries, [
      'synced staging/key',
      'synced blobs',
      `rename ${blob}`,
      `synced ${folder}`,
      'written',
    ]);
  });

  for (const [what, remove] of [
    ['removed', (location: string) => store.remove(location)],
    ['discarded', () => store.discard('key')],
  ] as const)
    it(`is gone for good once it is ${what}`, async () => {
      const { location } = await store.write('key', data());
      journal.entries.length = 0;
      await remove(location);
      journal.note('done');
      assert.deepEqual(
        journal.entries.filter((entry) => !entry.includes('staging')),
        [`unlink blobs/${location}`, `synced blobs/${dirname(location)}`, 'done'],
      );
    });

  for (const [when, last, isNamed] of [
    ['while the file is synced, and never has its name', /^synced staging/, false],
    ['during the very last sync', /^synced blobs\/../, true],
  ] as const)
    it(`is removed when the write is aborted ${when}`, async () => {
      const gone = new AbortController();
      journal.after = (entry) => {
        if (last.test(entry)) gone.abort(new Error('gone'));
      };
      await assert.rejects(store.write('key', data(), { signal: gone.signal }), /^Error: gone$/);
      assert.ok(gone.signal.aborted);
      assert.equal(
        journal.entries.some((entry) => entry.startsWith('rename')),
        isNamed,
      );
      for (const folder of await readdir(join(path, 'blobs')))
        assert.deepEqual(await readdir(join(path, 'blobs', folder)), []);
      assert.deepEqual(await readdir(join(path, 'staging')), []);
    });
});
