import assert from 'node:assert/strict';
import { isRegistryError } from '../../lib/errors.js';
import { createImageRegistry, memoryStore, none, type ImageRegistry } from '../../lib/index.js';
import { OWNER, store } from '../support/life/life-images.js';
import { smallDisk } from '../support/life/life-mount.js';

describe('a disk that is full of metadata', () => {
  it('refuses changes as unavailable, and keeps what it has acknowledged', async () => {
    const disk = await smallDisk(1);
    const blobs = memoryStore();
    const open = async (): Promise<ImageRegistry> => {
      const quiet = (): void => undefined;
      const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
      const options = { authenticate: none(), dataDir: disk.path, blobs, sweepInterval: 0, logger };
      const registry = createImageRegistry({ ...options, leaseTime: 0.1 });
      await registry.ready();
      return registry;
    };
    try {
      const registry = await open();
      const ids: string[] = [];
      const failure = await fill(registry, ids);
      assert.ok(isRegistryError(failure, 'unavailable'), String(failure));
      assert.ok(ids.length > 10);
      for (const id of ids) assert.equal((await registry.images.show(OWNER, id)).status, 'active');
      await registry.close();
      const again = await open();
      for (const id of ids) assert.equal((await again.images.show(OWNER, id)).status, 'active');
      const { damaged, rows } = await again.verify();
      assert.deepEqual([damaged.first, rows.first], [[], []]);
      await again.close();
    } finally {
      await disk.end();
    }
  });
});

/** Makes images until that fails. @returns why */
async function fill(registry: ImageRegistry, ids: string[]): Promise<unknown> {
  for (;;) {
    try {
      ids.push((await store(registry, 'data', { name: 'n'.repeat(255) })).id);
    } catch (error) {
      return error;
    }
  }
}
