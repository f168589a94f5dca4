import assert from 'node:assert/strict';
import { onEveryMount, ADMIN, Host } from '../support/mounts/host.js';
import { listOf, OCTETS } from '../support/clients/images-client.js';
import { ADMINISTRATOR, OWNER, STRANGER } from '../support/life/life-images.js';

onEveryMount('an image that is deactivated', { sweepInterval: 0 }, (host) => {
  it('is there, but its data is not sent until it is reactivated', async () => {
    const { images } = host.served.registry;
    const { id } = await host.client().upload('data');
    const told: string[] = [];
    const { events } = host.served.registry;
    for (const event of ['image.update', 'image.deactivate', 'image.reactivate'] as const)
      events.on(event, (image, { by }) => told.push(`${event} ${image.status} ${by.user ?? ''}`));
    assert.equal((await images.deactivate(ADMINISTRATOR, id)).status, 'deactivated');
    for (const token of [undefined, ADMIN]) {
      const client = host.client(token);
      assert.equal(await client.status(id), 'deactivated');
      for (const headers of [{}, { range: 'bytes=0-1' }]) {
        const answer = await client.ask(`/v1/images/${id}`, { headers });
        assert.deepEqual([answer.status, answer.text.includes('data ')], [403, false]);
      }
    }
    assert.equal((await host.client().detail(id)).status, 'deactivated');
    const listed = listOf(await host.client().ask('/v1/images?status=deactivated'));
    assert.ok(listed.images.some((image) => image.id === id));
    const put = { method: 'PUT', headers: OCTETS, body: 'other' };
    assert.equal((await host.client().ask(`/v1/images/${id}`, put)).status, 409);
    assert.ok((await host.served.registry.verify()).ok);
    // Once more changes nothing.
    const { updated_at } = await host.client().detail(id);
    await images.deactivate(ADMINISTRATOR, id);
    assert.equal((await host.client().detail(id)).updated_at, updated_at);
    assert.equal((await images.reactivate(ADMINISTRATOR, id)).status, 'active');
    assert.equal((await host.client().ask(`/v1/images/${id}`)).text, 'data');
    assert.deepEqual(told, ['image.deactivate deactivated root', 'image.reactivate active root']);
    host.served.registry.events.removeAllListeners();
  });

  it('is deleted with its data like any other', async () => {
    const before = await host.stored();
    const { id } = await host.client().upload('data');
    await host.served.registry.images.deactivate(ADMINISTRATOR, id);
    assert.equal((await host.client().ask(`/v1/images/${id}`, { method: 'DELETE' })).status, 200);
    assert.deepEqual(await host.stored(), before);
    const { images } = host.served.registry;
    await assert.rejects(images.reactivate(ADMINISTRATOR, id), { code: 'forbidden' });
  });
});

describe('who may deactivate', () => {
  const host = new Host(undefined, 'memory', { sweepInterval: 0 }).hooks();
  const admins = new Host(undefined, 'memory', {
    sweepInterval: 0,
    policy: { deactivate: 'role:admin', reactivate: 'role:admin' },
  }).hooks();

  it('its owner and admins', async () => {
    const { images } = host.served.registry;
    const { id } = await host.client().upload('data');
    const { id: shown } = await host.client(ADMIN).upload('data', { 'x-image-meta-is_public': 'true' });
    for (const [way, status] of [
      ['deactivate', 'deactivated'],
      ['reactivate', 'active'],
    ] as const) {
      await assert.rejects(images[way](STRANGER, id), { code: 'not_found' });
      await assert.rejects(images[way](STRANGER, shown), { code: 'forbidden' });
      await assert.rejects(images[way](ADMINISTRATOR, crypto.randomUUID()), { code: 'not_found' });
      assert.equal((await images[way](OWNER, id)).status, status);
      assert.equal((await images[way](ADMINISTRATOR, id)).status, status);
    }
  });

  it('whom the policy lets', async () => {
    const { images } = admins.served.registry;
    const { id } = await admins.client().upload('data');
    await assert.rejects(images.deactivate(OWNER, id), { code: 'forbidden' });
    assert.equal((await images.deactivate(ADMINISTRATOR, id)).status, 'deactivated');
    await assert.rejects(images.reactivate(OWNER, id), { code: 'forbidden' });
    assert.equal((await images.reactivate(ADMINISTRATOR, id)).status, 'active');
  });

  it('nobody an image without data', async () => {
    const { images } = host.served.registry;
    const { id } = await host.client().reserve();
    await assert.rejects(images.deactivate(ADMINISTRATOR, id), { code: 'forbidden' });
    await assert.rejects(images.reactivate(ADMINISTRATOR, id), { code: 'forbidden' });
    assert.equal(await host.client().status(id), 'queued');
  });
});
