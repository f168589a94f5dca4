import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Keyv from 'keyv';
import { diskStore, KeyvLmdb, memoryStore, none, type NamedStores } from '../../lib/index.js';
import { MortalProcesses } from '../support/life/mortal-processes.js';
import { isUnavailable, MarkRegistries, SILENT } from '../support/life/mark-registries.js';
import { serve } from '../support/mounts/serve.js';

describe('a disk that is missing', () => {
  const registries = new MarkRegistries();
  let dataDir: string;
  let blobs: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'missing-disk-'));
    blobs = join(dataDir, 'blobs');
  });

  afterEach(async () => {
    await registries.closeAll();
    await rm(dataDir, { recursive: true, force: true });
  });

  const upload = (url: string, data: string): Promise<Response> =>
    fetch(`${url}/v1/images`, {
      method: 'POST',
      headers: {
        'x-image-meta-disk_format': 'raw',
        'x-image-meta-container_format': 'bare',
        'content-type': 'application/octet-stream',
      },
      body: data,
    });

  it('at the start is unavailable, makes no folder, and is there when it is back', async () => {
    await registries.once({ dataDir });
    await rename(blobs, `${blobs}-away`);
    const registry = registries.make({ dataDir });
    await isUnavailable(registry.ready(), /^blob store file: its medium is not there or was emptied/);
    assert.ok(!(await readdir(dataDir)).includes('blobs'));
    await mkdir(blobs);
    await isUnavailable(registry.ready(), /^blob store file: its medium is not there or was emptied/);
    assert.deepEqual(await readdir(blobs), []);
    await rm(blobs, { recursive: true });
    await rename(`${blobs}-away`, blobs);
    await registry.ready();
  });

  it('under a running registry is unavailable, and an empty or another store in its place is too', async () => {
    const served = await serve({ authenticate: none(), dataDir, sweepInterval: 0, logger: SILENT });
    try {
      const made = await upload(served.url, 'kept');
      assert.equal(made.status, 201);
      const { image } = (await made.json()) as { image: { id: string } };
      const download = (): Promise<Response> => fetch(`${served.url}/v1/images/${image.id}`);
      await rename(blobs, `${blobs}-away`);
      const unavailable = async (): Promise<void> => {
        assert.equal((await download()).status, 503);
        assert.equal((await upload(served.url, 'new')).status, 503);
      };
      await unavailable();
      for (const folder of ['staging', 'blobs']) await mkdir(join(blobs, folder), { recursive: true });
      await unavailable();
      await diskStore({ path: blobs }).mark?.('another');
      await unavailable();
      const found = await readdir(blobs, { recursive: true });
      assert.deepEqual(found.sort(), ['blobs', 'registry-mark', 'staging']);
      await rm(blobs, { recursive: true });
      await rename(`${blobs}-away`, blobs);
      assert.equal(await (await download()).text(), 'kept');
      assert.equal((await upload(served.url, 'new')).status, 201);
    } finally {
      await served.close();
    }
  });

  it('of another registry is refused', async () => {
    const other = join(dataDir, 'other');
    await registries.once({ dataDir });
    await registries.once({ dataDir: other });
    await rename(blobs, `${blobs}-away`);
    await cp(join(other, 'blobs'), blobs, { recursive: true });
    await isUnavailable(
      registries.make({ dataDir }).ready(),
      /^blob store file: its medium belongs to another registry/,
    );
  });

  it('of the metadata is refused, not a new registry', async () => {
    await registries.once({ dataDir });
    await rename(join(dataDir, 'metadata'), join(dataDir, 'metadata-away'));
    const registry = registries.make({ dataDir });
    await isUnavailable(
      registry.ready(),
      /^the metadata is empty, but blob store file belongs to the registry/,
    );
  });

  it('a store may be renamed, and one may be added', async () => {
    await registries.once({ dataDir });
    const old = diskStore({ path: blobs });
    const added = diskStore({ path: join(dataDir, 'added') });
    await registries.once({ dataDir, blobs: { stores: { old, added }, defaultStore: 'added' } });
    assert.ok((await readdir(join(dataDir, 'added'))).includes('registry-mark'));
    await rm(join(dataDir, 'added'), { recursive: true });
    const again = {
      stores: { old: diskStore({ path: blobs }), added: diskStore({ path: join(dataDir, 'added') }) },
      defaultStore: 'old',
    };
    await isUnavailable(
      registries.make({ dataDir, blobs: again }).ready(),
      /^blob store added: its medium is not there/,
    );
  });

  it('a read-only store is compared with its mark, and gets none', async () => {
    await registries.once({ dataDir });
    await mkdir(join(dataDir, 'bare'));
    const fresh = (): NamedStores => {
      const archive = { store: diskStore({ path: blobs }), readOnly: true };
      const bare = { store: diskStore({ path: join(dataDir, 'bare') }), readOnly: true };
      return { stores: { main: memoryStore(), archive, bare }, defaultStore: 'main' };
    };
    for (let start = 0; start < 2; start += 1) await registries.once({ dataDir, blobs: fresh() });
    assert.deepEqual(await readdir(join(dataDir, 'bare')), []);
    await rm(join(blobs, 'registry-mark'));
    await isUnavailable(
      registries.make({ dataDir, blobs: fresh() }).ready(),
      /^blob store archive: its medium is not there/,
    );
  });

  it('one store may have two names', async () => {
    for (let start = 0; start < 2; start += 1) {
      const one = diskStore({ path: blobs });
      const two = diskStore({ path: blobs });
      await registries.once({ dataDir, blobs: { stores: { a: one, b: one, c: two }, defaultStore: 'a' } });
    }
  });

  it('many first starts at once are one', async () => {
    // One process has one LMDB open in a folder: a second one in it could wait for the first for ever.
    const processes = new MortalProcesses();
    const start = () => processes.serve({ folder: dataDir });
    try {
      await Promise.all(Array.from({ length: 4 }, start));
    } finally {
      await processes.killAll();
    }
    await registries.once({ dataDir });
  });

  it('of two registries that start on one disk at once, one is refused', async () => {
    const starts = ['one', 'two'].map((name) => {
      const metadata = new Keyv({ store: new KeyvLmdb({ path: join(dataDir, name) }), throwOnErrors: true });
      return registries.make({ metadata, blobs: diskStore({ path: blobs }) }).ready();
    });
    const outcomes = await Promise.allSettled(starts);
    const refused = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [String(outcome.reason)] : [],
    );
    assert.equal(refused.length, 1);
    assert.match(refused[0] ?? '', /belongs to/);
  });
});
