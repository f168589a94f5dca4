import assert from 'node:assert/strict';
import type { Image } from '../../lib/domain/image.js';
import { AccessHost } from '../support/access/host.js';
import { sharedImages, Sharing } from '../support/access/members.js';
import { MOUNTS } from '../support/mounts/serve.js';

for (const mount of MOUNTS)
  describe(`shared images, ${mount.name}`, () => {
    const host = new AccessHost(mount).hooks();

    it('are told to the member and to admins, to others only of their own images', async () => {
      const ours = await host.as('owner').reserve();
      const theirs = await host.as('stranger').reserve();
      const sharing = new Sharing(host.as('owner'), ours.id);
      await sharing.put('green', true);
      await new Sharing(host.as('stranger'), theirs.id).put('green');
      for (const caller of ['member', 'admin', 'admin, no project'] as const)
        assert.deepEqual(await sharedImages(host.as(caller), 'green'), [`${ours.id}+`, theirs.id]);
      for (const caller of ['owner', 'reader'] as const)
        assert.deepEqual(await sharedImages(host.as(caller), 'green'), [`${ours.id}+`]);
      assert.deepEqual(await sharedImages(host.as('stranger'), 'green'), [theirs.id]);
      for (const caller of ['sharer', 'no project', 'anonymous'] as const)
        assert.deepEqual(await sharedImages(host.as(caller), 'green'), []);
      assert.equal((await host.as('nobody').ask('/v1/shared-images/green')).status, 401);
      for (const method of ['POST', 'PUT', 'DELETE', 'HEAD'])
        assert.equal((await host.as('member').ask('/v1/shared-images/green', { method })).status, 405);

      await host.as('owner').ask(`/v1/images/${ours.id}`, { method: 'DELETE' });
      assert.deepEqual(await sharedImages(host.as('admin'), 'green'), [theirs.id]);
      await new Sharing(host.as('stranger'), theirs.id).remove('green');
      assert.deepEqual(await sharedImages(host.as('member'), 'green'), []);
    });

    it('are none of a project that nobody has heard of', async () => {
      assert.deepEqual(await sharedImages(host.as('admin'), 'unheard of'), []);
    });
  });

describe('shared images, very many', () => {
  const host = new AccessHost().hooks();

  it('are all told, in the order of their creation', async () => {
    const made: Image[] = [];
    for (let n = 0; n < 1203; n += 1) {
      const second = String(n % 60).padStart(2, '0');
      const minute = String(Math.floor(n / 60)).padStart(2, '0');
      const created_at = `2024-01-01T00:${minute}:${second}.000000`;
      const visibility = (['shared', 'public'] as const)[n % 2]!;
      made.push(await host.add('queued', { created_at, visibility, hidden: n % 3 === 0 }));
    }
    const ids = made.map(({ id }) => id);
    assert.deepEqual(await sharedImages(host.as('member'), 'green'), ids);
    assert.deepEqual(
      await sharedImages(host.as('admin'), 'gold'),
      ids.map((id) => `${id}+`),
    );
    assert.deepEqual(await sharedImages(host.as('stranger'), 'gold'), []);
  });
});
