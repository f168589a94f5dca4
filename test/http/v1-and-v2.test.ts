import assert from 'node:assert/strict';
import { ADMIN, ANN, BOB, Host } from '../support/mounts/host.js';
import { FORMATS, header, OCTETS } from '../support/clients/images-client.js';
import { READY, V2Client } from '../support/clients/v2-client.js';

const EVE = 'eve:black:member';

/** Each test makes what it needs by one version of the API and looks at it by the other. */
describe('v1 and v2 on one catalogue', () => {
  const host = new Host().hooks();
  const v1 = (token = ANN): ReturnType<Host['client']> => host.client(token);
  const v2 = (token = ANN): V2Client => new V2Client(host, token);
  const v1Headers = async (id: string, token = ANN): Promise<Record<string, string>> => {
    const answer = await v1(token).ask(`/v1/images/${id}`, { method: 'HEAD' });
    assert.equal(answer.status, 200);
    return Object.fromEntries(
      Object.keys(answer.headers)
        .filter((name) => name.startsWith('x-image-meta-'))
        .map((name) => [name.slice('x-image-meta-'.length), header(answer, name) ?? '']),
    );
  };
  const v1Put = (id: string, headers: Record<string, string>, token = ANN, body?: string) =>
    v1(token).ask(`/v1/images/${id}`, { method: 'PUT', headers, ...(body === undefined ? {} : { body }) });
  const v1Lists = async (name: string, token = ANN, more = ''): Promise<boolean> => {
    const answer = await v1(token).ask(`/v1/images?name=${encodeURIComponent(name)}${more}`);
    return (JSON.parse(answer.text) as { images: unknown[] }).images.length > 0;
  };
  const v2Lists = async (name: string, token = ANN, more = ''): Promise<boolean> =>
    (await v2(token).list(`?name=${encodeURIComponent(name)}${more}`)).images.length > 0;

  it('is_public is a visibility of public, and touches no other visibility', async () => {
    const { id } = await v1(ADMIN).reserve({
      'x-image-meta-is_public': 'true',
      'x-image-meta-owner': 'blue',
    });
    assert.equal((await v2().show(id)).visibility, 'public');
    assert.equal((await v1Put(id, { 'x-image-meta-is_public': 'false' })).status, 200);
    assert.equal((await v2().show(id)).visibility, 'shared');
    for (const visibility of ['private', 'community', 'shared']) {
      assert.equal(
        (await v2().patch(id, { op: 'replace', path: '/visibility', value: visibility })).status,
        200,
      );
      assert.equal((await v1Headers(id)).is_public, 'False');
      for (const change of [{ 'x-image-meta-is_public': 'false' }, { 'x-image-meta-name': visibility }])
        assert.equal((await v1Put(id, change)).status, 200);
      assert.equal((await v2().show(id)).visibility, visibility);
    }
    assert.equal((await v1Put(id, { 'x-image-meta-is_public': 'true' }, ADMIN)).status, 200);
    assert.equal((await v2().show(id)).visibility, 'public');
    assert.equal((await v2().show((await v1().reserve()).id)).visibility, 'shared');
  });

  it('community images of others are readable by id in v1, and in none of its lists', async () => {
    const name = 'everyone’s';
    const { id } = await v2().upload('data', { name, visibility: 'community' });
    assert.equal((await v1(EVE).ask(`/v1/images/${id}`)).text, 'data');
    assert.deepEqual([await v1Lists(name, EVE), await v1Lists(name)], [false, true]);
    assert.equal(await v2Lists(name, EVE, '&visibility=community'), true);
  });

  it('private and community images have no members; memberships rest and come back', async () => {
    const { id } = await v2().create({ ...READY, name: 'resting' });
    assert.equal((await v1().ask(`/v1/images/${id}/members/green`, { method: 'PUT' })).status, 204);
    assert.equal((await v2(BOB).show(id)).name, 'resting');
    for (const visibility of ['private', 'community']) {
      await v2().patch(id, { op: 'replace', path: '/visibility', value: visibility });
      for (const method of ['GET', 'PUT'])
        assert.equal(
          (await v1().ask(`/v1/images/${id}/members${method === 'PUT' ? '/red' : ''}`, { method })).status,
          404,
        );
    }
    await v2().patch(id, { op: 'replace', path: '/visibility', value: 'shared' });
    const answer = await v1().ask(`/v1/images/${id}/members`);
    assert.deepEqual(JSON.parse(answer.text), { members: [{ member_id: 'green', can_share: false }] });
  });

  it('members made by v1 are pending, and keep can_share through v2', async () => {
    const name = 'shared by v1';
    const { id } = await v1().reserve({ 'x-image-meta-name': name });
    const can = { 'content-type': 'application/json' };
    const body = JSON.stringify({ member: { can_share: true } });
    await v1().ask(`/v1/images/${id}/members/green`, { method: 'PUT', headers: can, body });
    const member = await v2().ask(`/v2/images/${id}/members/green`);
    assert.equal((JSON.parse(member.text) as { status: string }).status, 'pending');
    // v1 lists what is shared whatever its member says, v2 what is accepted.
    assert.deepEqual([await v1Lists(name, BOB), await v2Lists(name, BOB)], [true, false]);
    const accepted = await v2(BOB).send('PUT', `/v2/images/${id}/members/green`, { status: 'accepted' });
    assert.equal(accepted.status, 200);
    assert.equal(await v2Lists(name, BOB), true);
    const listed = await v1().ask(`/v1/images/${id}/members`);
    assert.deepEqual(JSON.parse(listed.text), { members: [{ member_id: 'green', can_share: true }] });
  });

  it('hidden images are in no list of v1, and readable by id', async () => {
    const name = 'hidden';
    const { id } = await v2().create({ name, os_hidden: true });
    assert.equal(await v1Lists(name), false);
    assert.equal((await v1Headers(id)).name, name);
    assert.equal((await v1Put(id, { 'x-image-meta-min_ram': '5' })).status, 200);
    assert.deepEqual([(await v2().show(id)).os_hidden, (await v2().show(id)).min_ram], [true, 5]);
  });

  it('v1 shows nothing that it does not know', async () => {
    const { id } = await v2().upload('data', { tags: ['a'], name: 'n' });
    const shown = Object.keys(await v1Headers(id));
    for (const field of ['tags', 'os_hash_algo', 'os_hash_value', 'stores', 'os_hidden', 'visibility'])
      assert.ok(!shown.includes(field), field);
    const { tags, os_hash_algo } = await v2().show((await v1().upload('data')).id);
    assert.deepEqual([tags, os_hash_algo], [[], 'sha512']);
  });

  it('a size that is not known is 0 in v1 and null in v2', async () => {
    const { id } = await v2().create();
    assert.equal((await v1Headers(id)).size, '0');
    const reserved = await v1().reserve();
    assert.equal((await v2().show(reserved.id)).size, null);
    assert.equal(await v2Lists('', ANN, '&size_max=0'), false);
  });

  it('the formats of Amazon must be the same in v1 alone', async () => {
    const { id } = await v2().create({ disk_format: 'ami', container_format: 'bare', name: 'odd' });
    assert.equal((await v1Headers(id)).disk_format, 'ami');
    assert.equal((await v1Put(id, { 'x-image-meta-name': 'still odd' })).status, 200);
    assert.equal((await v1Put(id, { 'x-image-meta-container_format': 'ovf' })).status, 400);
    assert.equal(
      (await v2().patch(id, { op: 'replace', path: '/container_format', value: 'ovf' })).status,
      200,
    );
  });

  it('deleted images are shown to admins by v1, and to nobody by v2', async () => {
    for (const id of [(await v1().reserve()).id, (await v2().create()).id]) {
      assert.equal((await v2().ask(`/v2/images/${id}`, { method: 'DELETE' })).status, 204);
      assert.equal((await v1Headers(id, ADMIN)).status, 'deleted');
      assert.equal((await v2(ADMIN).ask(`/v2/images/${id}`)).status, 404);
      assert.equal((await v2(ADMIN).patch(id)).status, 404);
      assert.equal((await v2().send('POST', '/v2/images', { id })).status, 409);
    }
  });

  it('a purge by v1 takes properties of v2 away, too; without one they stay', async () => {
    const properties = { 'hw:cpu policy': 'x', Größe: 'ü', distro: 'debian' };
    const { id } = await v2().create({ ...READY, ...properties });
    await v1Put(id, { 'x-image-meta-property-os-type': 'linux', 'x-glance-registry-purge-props': 'false' });
    const kept = await v2().show(id);
    assert.deepEqual([kept['hw:cpu policy'], kept.Größe, kept.os_type], ['x', 'ü', 'linux']);
    await v1Put(id, { 'x-image-meta-property-only': 'one' });
    const purged = await v2().show(id);
    assert.deepEqual([purged['hw:cpu policy'], purged.distro, purged.only], [undefined, undefined, 'one']);
  });

  it("a property that v1 set to null is empty in v2, and v1 cannot set the registry's own", async () => {
    const { id } = await v1().reserve({
      'x-image-meta-property-empty': '',
      'x-image-meta-property-kernel_id': '',
    });
    const { empty, kernel_id } = await v2().show(id);
    assert.deepEqual([empty, kernel_id], ['', null]);
    assert.equal((await v1Put(id, { 'x-image-meta-property-os_glance_x': 'y' })).status, 403);
  });

  it('a property of v1 that is called like an attribute of v2 stays out of sight', async () => {
    const names = ['self', 'status', 'stores', 'id', 'visibility', 'direct_url'];
    const headers = Object.fromEntries(names.map((name) => [`x-image-meta-property-${name}`, 'mine']));
    const { id } = await v1().reserve(headers);
    const shown = await v2().show(id);
    assert.deepEqual(
      [shown.self, shown.status, shown.stores, shown.id, shown.visibility, shown.direct_url],
      [`/v2/images/${id}`, 'queued', undefined, id, 'shared', undefined],
    );
  });

  it('a PATCH of an image that v1 made keeps everything else', async () => {
    const { id } = await v1().upload('data', {
      'x-image-meta-name': 'old',
      'x-image-meta-min_disk': '3',
      'x-image-meta-property-distro': 'debian',
    });
    const before = await v1Headers(id);
    assert.equal((await v2().patch(id, { op: 'replace', path: '/name', value: 'new' })).status, 200);
    const { updated_at: _, ...after } = await v1Headers(id);
    const { updated_at: _old, ...old } = before;
    assert.deepEqual(after, { ...old, name: 'new' });
    assert.equal((await v1().ask(`/v1/images/${id}`)).text, 'data');
  });

  it('a killed image is in no list of v2, and can be shown and deleted by it', async () => {
    const headers = {
      ...FORMATS,
      ...OCTETS,
      'x-image-meta-name': 'killed',
      'x-image-meta-checksum': '0'.repeat(32),
    };
    const id = crypto.randomUUID();
    const refused = await v1().ask('/v1/images', {
      method: 'POST',
      headers: { ...headers, 'x-image-meta-id': id },
      body: 'data',
    });
    assert.equal(refused.status, 400);
    assert.equal((await v2().show(id)).status, 'killed');
    assert.deepEqual(
      [await v2Lists('killed'), await v2Lists('killed', ANN, '&status=killed')],
      [false, false],
    );
    assert.equal((await v2().put(id, 'data')).status, 409);
    assert.equal((await v2().ask(`/v2/images/${id}`, { method: 'DELETE' })).status, 204);
  });

  it("an upload that failed in v2 can be done by v1, and v2's reservation by v1 and the other way round", async () => {
    const { id } = await v2().create();
    assert.equal((await v2().put(id, 'data', { 'x-openstack-image-size': '5' })).status, 400);
    assert.equal((await v1Put(id, OCTETS, ANN, 'by v1')).status, 200);
    assert.equal((await v2().ask(`/v2/images/${id}/file`)).text, 'by v1');
    const reserved = await v1().reserve(FORMATS);
    assert.equal((await v2().put(reserved.id, 'by v2')).status, 204);
    assert.equal((await v1().ask(`/v1/images/${reserved.id}`)).text, 'by v2');
    assert.equal((await v2().put(reserved.id, 'again')).status, 409);
  });

  it('what v1 announced of the data holds for v2', async () => {
    const { id } = await v1().reserve({ ...FORMATS, 'x-image-meta-size': '5' });
    assert.equal((await v2().put(id, 'data')).status, 400);
    assert.equal((await v2().show(id)).status, 'queued');
    assert.equal((await v2().put(id, 'bytes')).status, 204);
  });
});
