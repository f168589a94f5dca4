import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import Keyv from 'keyv';
import { createImageRegistry, memoryStore, none, type ImageRegistry } from '../../lib/index.js';
import { OWNER, store } from '../support/life/life-images.js';
import { SILENT } from '../support/life/mark-registries.js';

const ID = '00000000-0000-4000-8000-000000000001';

function make(open: () => Promise<void> = () => Promise.resolve()): ImageRegistry {
  return createImageRegistry({
    authenticate: none(),
    metadata: new Keyv({ throwOnErrors: true }),
    blobs: Object.assign(memoryStore(), { open }),
    sweepInterval: 0,
    logger: SILENT,
  });
}

describe('use cases of a registry that nobody has waited for', () => {
  it('wait until it is ready, and are refused once it is closed', async () => {
    const registry = make();
    const { images, members } = registry;
    const [made, listed, absent] = await Promise.allSettled([
      store(registry, 'data', { id: ID }),
      images.page(OWNER),
      members.list(OWNER, '00000000-0000-4000-8000-000000000002'),
    ]);
    assert.deepEqual([made.status, listed.status], ['fulfilled', 'fulfilled']);
    assert.equal(absent.status === 'rejected' && (absent.reason as { code: string }).code, 'not_found');
    await registry.close();
    const closed = { code: 'unavailable', message: 'the registry is closed' };
    for (const call of [
      () => images.show(OWNER, ID),
      () => images.page(OWNER),
      () => images.remove(OWNER, ID),
      () => store(registry),
      () => members.put(OWNER, ID, 'green'),
    ])
      await assert.rejects(call, closed);
  });

  it('go through a listing', async () => {
    const registry = make();
    const found: string[] = [];
    for await (const { id } of registry.images.all(OWNER)) found.push(id);
    assert.deepEqual(found, []);
    await registry.close();
  });

  it('fail with what it fails with, and leave no stream open', async () => {
    let isDown = true;
    const registry = make(() => (isDown ? Promise.reject(new Error('down')) : Promise.resolve()));
    const data = createReadStream('/dev/zero');
    await assert.rejects(registry.images.create(OWNER, {}, { data }), { code: 'unavailable' });
    assert.ok(data.destroyed);
    await assert.rejects(registry.images.page(OWNER), { code: 'unavailable' });
    isDown = false;
    assert.deepEqual((await registry.images.page(OWNER)).images, []);
    await registry.close();
  });

  it('tell of a stream that fails meanwhile', async () => {
    const registry = make();
    const data = createReadStream('/no/such/file');
    const formats = { disk_format: 'raw', container_format: 'bare' };
    const made = registry.images.create(OWNER, { ...formats, id: ID }, { data });
    await assert.rejects(made, ({ code, cause }: Error & { code?: string }) => {
      assert.equal(code, 'bad_request');
      assert.match(String(cause), /ENOENT/);
      return true;
    });
    assert.equal((await registry.images.show(OWNER, ID)).status, 'killed');
    await registry.close();
  });
});
