import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { OWNER, store } from '../support/life/life-images.js';
import { LifeStorage } from '../support/life/life-storage.js';
import { runWell } from '../support/run.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SNAPSHOT = `
  import { open } from 'lmdb';
  const [from, to] = process.argv.slice(1);
  const database = open({ path: from, readOnly: true });
  await database.backup(to);
  await database.close();`;

describe('a backup that is made while a registry works', () => {
  it('has all images of its metadata, and names what came between', async () => {
    const storage = await LifeStorage.make('LMDB and disk');
    const folder = await mkdtemp(path.join(os.tmpdir(), 'life-backup-'));
    try {
      const registry = await storage.open({ delayedDelete: true, scrubTime: 3600 });
      const kept = await store(registry, 'kept');
      const gone = await store(registry, 'gone');
      const [from, to] = [storage.folder, folder].map((one) => path.join(one, 'metadata'));
      await mkdir(to ?? '');
      const script = ['--input-type=module', '-e', SNAPSHOT, from ?? '', to ?? ''];
      await runWell(process.execPath, script, { cwd: ROOT });
      await registry.images.remove(OWNER, gone.id);
      await registry.sweep();
      const late = await storage.record((await store(registry, 'late')).id);
      await cp(path.join(storage.folder, 'blobs'), path.join(folder, 'blobs'), { recursive: true });
      const restored = await LifeStorage.at(folder, 'LMDB and disk');
      try {
        const { damaged, orphans, rows, images } = await (await restored.open()).verify();
        assert.deepEqual([damaged.first, rows.first, images], [[], [], 2]);
        assert.deepEqual(orphans.first, [{ store: 'file', key: late.blobs[0]?.key }]);
        for (const { id } of [kept, gone])
          assert.equal((await (await restored.open()).images.show(OWNER, id)).status, 'active');
      } finally {
        await restored.end();
      }
    } finally {
      await storage.end();
    }
  });
});
