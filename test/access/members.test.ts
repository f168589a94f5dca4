import assert from 'node:assert/strict';
import type { CallerName } from '../support/access/callers.js';
import { AccessHost } from '../support/access/host.js';
import { Sharing } from '../support/access/members.js';
import { MOUNTS } from '../support/mounts/serve.js';

for (const mount of MOUNTS)
  describe(`members, ${mount.name}`, () => {
    const host = new AccessHost(mount, { imageMemberQuota: 4 }).hooks();
    let id: string;

    const as = (caller: CallerName): Sharing => new Sharing(host.as(caller), id);
    const sees = async (caller: CallerName): Promise<boolean> => (await host.as(caller).status(id)) !== '404';

    beforeEach(async () => {
      ({ id } = await host.as('owner').reserve());
    });

    it('are none at first, and see the image from the moment on that they are added', async () => {
      assert.deepEqual(await as('owner').list(), []);
      assert.equal(await sees('member'), false);
      assert.equal(await as('owner').put('green'), 204);
      assert.equal(await sees('member'), true);
      assert.equal(await as('owner').remove('green'), 204);
      assert.equal(await sees('member'), false);
    });

    it('are replaced as a whole: the old ones keep their place, and what is not said of them', async () => {
      assert.equal(await as('owner').replace('a', { member_id: 'b', can_share: true }, 'c'), 204);
      assert.deepEqual(await as('owner').list(), ['a', 'b+', 'c']);
      assert.equal(await as('owner').replace('d', 'c', 'b'), 204);
      assert.deepEqual(await as('owner').list(), ['b+', 'c', 'd']);
      assert.equal(await as('owner').replace({ member_id: 'b', can_share: false }, 'd'), 204);
      assert.deepEqual(await as('owner').list(), ['b', 'd']);
      assert.equal(await as('owner').replace('e', 'e', { member_id: 'e', can_share: true }), 204);
      assert.deepEqual(await as('owner').list(), ['e+'], 'one who is named twice is one member');
      assert.equal(await as('owner').replace(), 204);
      assert.deepEqual(await as('owner').list(), []);
    });

    it('keep their place and can_share when they are put again', async () => {
      await as('owner').replace('a', 'b', 'c');
      assert.equal(await as('owner').put('b', true), 204);
      assert.equal(await as('owner').put('b'), 204);
      assert.equal((await as('owner').raw('/b', '{"member":{}}')).status, 204);
      assert.equal((await as('owner').raw('/b', '{}')).status, 204);
      assert.deepEqual(await as('owner').list(), ['a', 'b+', 'c']);
      assert.equal(await as('owner').put('b', false), 204);
      assert.deepEqual(await as('owner').list(), ['a', 'b', 'c']);
    });

    it('are new ones when they come again', async () => {
      await as('owner').replace({ member_id: 'a', can_share: true }, 'b');
      assert.equal(await as('owner').remove('a'), 204);
      assert.equal(await as('owner').remove('a'), 404);
      assert.equal(await as('owner').put('a'), 204);
      assert.deepEqual(await as('owner').list(), ['b', 'a']);
      await as('owner').replace('a');
      await as('owner').replace({ member_id: 'b', can_share: true });
      await as('owner').replace('a', 'b');
      assert.deepEqual(await as('owner').list(), ['b+', 'a']);
    });

    it('see themselves alone', async () => {
      await as('owner').replace('green', { member_id: 'gold', can_share: true }, 'white');
      assert.deepEqual(await as('member').list(), ['green']);
      assert.deepEqual(await as('sharer').list(), ['gold+']);
      assert.deepEqual(await as('reader').list(), ['green', 'gold+', 'white']);
      assert.deepEqual(await as('admin').list(), ['green', 'gold+', 'white']);
      await host.as('admin').ask(`/v1/images/${id}`, {
        method: 'PUT',
        headers: { 'x-image-meta-is_public': 'true' },
      });
      for (const caller of ['stranger', 'no project', 'anonymous'] as const)
        assert.deepEqual(await as(caller).list(), []);
      assert.deepEqual(await as('member').list(), ['green']);
    });

    it('with can_share add others, and change none but themselves', async () => {
      await as('owner').replace('green', { member_id: 'gold', can_share: true });
      assert.equal(await as('sharer').put('x'), 204);
      assert.equal(await as('sharer').put('y', true), 204);
      assert.equal(await as('sharer').put('green'), 204, 'nothing changes');
      assert.equal(await as('sharer').put('green', true), 404);
      assert.equal(await as('sharer').remove('green'), 404);
      assert.equal(await as('sharer').replace('gold'), 404);
      assert.deepEqual(await as('owner').list(), ['green', 'gold+', 'x', 'y+']);
      assert.equal(await as('sharer').remove('gold'), 204);
      assert.equal(await sees('sharer'), false);
      assert.equal(await as('sharer').put('gold'), 404);
      assert.deepEqual(await as('owner').list(), ['green', 'x', 'y+']);
    });

    it('without can_share change nothing, not even that', async () => {
      await as('owner').put('green');
      for (const status of [
        await as('member').put('x'),
        await as('member').put('green', true),
        await as('member').put('green'),
        await as('member').remove('green'),
        await as('member').replace('green'),
      ])
        assert.equal(status, 404);
      assert.deepEqual(await as('owner').list(), ['green']);
    });

    it('do not become owners', async () => {
      await as('owner').put('gold', true);
      for (const question of [
        { method: 'PUT', headers: { 'x-image-meta-name': 'mine' } },
        { method: 'PUT', headers: { 'content-type': 'application/octet-stream' }, body: 'mine' },
        { method: 'DELETE' },
      ])
        assert.equal((await host.as('sharer').ask(`/v1/images/${id}`, question)).status, 403);
      assert.equal(await host.as('owner').status(id), 'queued');
    });

    it('are as many as the quota says, but what is over it may stay or shrink', async () => {
      assert.equal(await as('owner').replace('a', 'b', 'c', 'd', 'e'), 413);
      assert.deepEqual(await as('owner').list(), []);
      assert.equal(await as('owner').replace('a', 'b', 'c', 'd'), 204);
      assert.equal(await as('owner').put('e'), 413);
      assert.equal(await as('admin').put('e'), 413);
      assert.equal(await as('owner').put('d', true), 204);
      assert.equal(await as('sharer').put('e'), 404);
      assert.equal(await as('owner').replace('e', 'a', 'b', 'c'), 204);
      assert.deepEqual(await as('owner').list(), ['a', 'b', 'c', 'e']);
      const { members } = await host.record(id);
      const more = ['f', 'g'].map((name) => ({ ...members[0]!, id: name }));
      await host.catalogue.update(id, (image) => ({ ...image, members: [...members, ...more] }));
      assert.equal(await as('owner').put('a', true), 204);
      assert.equal(await as('owner').remove('b'), 204);
      assert.equal(await as('owner').put('h'), 413);
      assert.deepEqual(await as('owner').list(), ['a+', 'c', 'e', 'f', 'g']);
    });

    it('are not changed by readers, nor without a project', async () => {
      await as('owner').put('green');
      for (const [caller, status] of [
        ['reader', 403],
        ['anonymous', 403],
        ['no project', 401],
        ['nobody', 401],
      ] as const) {
        assert.equal(await as(caller).put('x'), status, caller);
        assert.equal(await as(caller).replace('x'), status, caller);
        assert.equal(await as(caller).remove('green'), status, caller);
      }
      assert.equal(await as('admin, no project').put('x'), 204);
      assert.deepEqual(await as('owner').list(), ['green', 'x']);
    });

    it('tell in every 401 how to say who is calling', async () => {
      for (const caller of ['no project', 'nobody'] as const)
        for (const [method, path] of [
          ['POST', '/v1/images'],
          ['PUT', `/v1/images/${id}`],
          ['DELETE', `/v1/images/${id}`],
          ['PUT', `/v1/images/${id}/members/x`],
          ['DELETE', `/v1/images/${id}/members/x`],
        ] as const) {
          const { status, headers } = await host.as(caller).ask(path, { method });
          assert.equal(status, 401, `${caller} ${path}`);
          assert.match(headers['www-authenticate'] ?? '', /^Token /, `${caller} ${method} ${path}`);
        }
    });

    it('are gone with the image, for admins too', async () => {
      await as('owner').put('green', true);
      assert.equal((await host.as('owner').ask(`/v1/images/${id}`, { method: 'DELETE' })).status, 200);
      for (const caller of ['owner', 'member', 'admin'] as const) {
        assert.equal((await host.as(caller).ask(`/v1/images/${id}/members`)).status, 404, caller);
        assert.equal(await as(caller).put('x'), 404, caller);
        assert.equal(await as(caller).replace(), 404, caller);
        assert.equal(await as(caller).remove('green'), 404, caller);
      }
      assert.deepEqual((await host.record(id)).members, []);
    });

    it('lose nothing when many change at once', async () => {
      await as('owner').replace({ member_id: 'gold', can_share: true }, 'green');
      const statuses = await Promise.all([
        as('owner').put('a'),
        as('sharer').put('b'),
        as('owner').remove('green'),
        as('owner').put('gold', true),
        as('admin').put('b'),
      ]);
      assert.deepEqual(statuses, [204, 204, 204, 204, 204]);
      const names = await as('owner').list();
      assert.deepEqual([...names].sort(), ['a', 'b', 'gold+']);
    });

    it('pass the quota neither one by one nor at once', async () => {
      const statuses = await Promise.all(
        ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => as('owner').put(name)),
      );
      assert.deepEqual([...statuses].sort(), [204, 204, 204, 204, 413, 413, 413]);
      assert.equal((await as('owner').list()).length, 4);
    });
  });
