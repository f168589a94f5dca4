import assert from 'node:assert/strict';
import Keyv from 'keyv';
import { callerOf, createImageRegistry, memoryStore, none } from '../../lib/index.js';

const ADMIN = callerOf({ user: 'root', project: 'ops', roles: ['admin'] });

describe('a listener that throws', () => {
  it('does not fail what it is told of, and is logged', async () => {
    const logged: object[] = [];
    const nothing = (): void => undefined;
    const registry = createImageRegistry({
      authenticate: none(),
      metadata: new Keyv({ throwOnErrors: true }),
      blobs: memoryStore(),
      logger: { debug: nothing, info: nothing, warn: nothing, error: (fields) => logged.push(fields) },
    });
    await registry.ready();
    for (const name of ['image.create', 'image.upload', 'image.activate', 'image.delete'] as const)
      registry.events.on(name, () => {
        throw new Error(`${name} broke`);
      });
    const metadata = { disk_format: 'raw', container_format: 'bare' };
    const image = await registry.images.create(ADMIN, metadata, { data: Buffer.from('data') });
    assert.equal(image.status, 'active');
    await registry.images.remove(ADMIN, image.id);
    await registry.close();
    assert.deepEqual(
      logged.map((fields) => (fields as { event: string }).event),
      ['image.create', 'image.upload', 'image.activate', 'image.delete'],
    );
  });
});
