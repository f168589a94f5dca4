import assert from 'node:assert/strict';
import type { Caller, MemberStatus } from '../../lib/index.js';
import { ANN, EVE, FaceHost, MIA, READER, refusal, ROOT } from '../support/access/face.js';

const GUS = { ...MIA, user: 'gus', project: 'gold' };

describe('members', () => {
  const host = new FaceHost({ imageMemberQuota: 3 });
  let id: string;

  beforeEach(async () => {
    const { images, members } = host.registry;
    ({ id } = await images.create(ANN));
    await members.put(ANN, id, 'green');
    await members.put(ANN, id, 'gold', true);
  });

  const idsFor = async (caller: Caller): Promise<string[]> =>
    (await host.registry.members.list(caller, id)).map((member) => member.id);

  it('are shown to the owner and admins, one by one to themselves', async () => {
    const { members } = host.registry;
    assert.deepEqual(await idsFor(ANN), ['green', 'gold']);
    assert.deepEqual(await idsFor(ROOT), ['green', 'gold']);
    assert.deepEqual(await idsFor(MIA), ['green']);
    for (const caller of [ANN, ROOT, MIA]) {
      const { can_share, status } = await members.show(caller, id, 'green');
      assert.deepEqual([can_share, status], [false, 'pending']);
    }
    await assert.rejects(members.show(MIA, id, 'gold'), refusal('not_found'));
    await assert.rejects(members.show(ANN, id, 'black'), refusal('not_found'));
    await assert.rejects(members.show(EVE, id, 'green'), refusal('not_found'));
  });

  it('are added once, as v2 has it', async () => {
    const { members } = host.registry;
    const v2 = members.speaking('v2');
    const added = await v2.add(ANN, id, 'black');
    assert.deepEqual([added.id, added.status, added.can_share], ['black', 'pending', false]);
    await assert.rejects(v2.add(ANN, id, 'white'), refusal('too_large', /3 members/));
    await v2.remove(ANN, id, 'black');
    await assert.rejects(v2.add(ANN, id, 'green'), refusal('conflict'));
    for (const project of ['', 'x'.repeat(256), 42, null])
      await assert.rejects(v2.add(ANN, id, project as string), refusal('bad_request', /project id/));
    await assert.rejects(v2.add(GUS, id, 'white'), refusal('forbidden'), 'can_share counts in v1 alone');
    await assert.rejects(v2.add(EVE, id, 'white'), refusal('not_found'));
    await assert.rejects(v2.add(READER, id, 'white'), refusal('forbidden'));
    await members.add(GUS, id, 'white');
  });

  it('say themselves whether they accept', async () => {
    const { members } = host.registry;
    const v2 = members.speaking('v2');
    const { updated_at } = await members.show(MIA, id, 'green');
    const accepted = await v2.setStatus(MIA, id, 'green', 'accepted');
    assert.equal(accepted.status, 'accepted');
    assert.ok(accepted.updated_at > updated_at);
    assert.deepEqual(await v2.setStatus(MIA, id, 'green', 'accepted'), accepted);
    assert.equal((await v2.setStatus(ROOT, id, 'green', 'rejected')).status, 'rejected');
    await assert.rejects(v2.setStatus(ANN, id, 'green', 'accepted'), refusal('forbidden'));
    await assert.rejects(v2.setStatus(ANN, id, 'black', 'accepted'), refusal('forbidden'));
    await assert.rejects(v2.setStatus(MIA, id, 'gold', 'accepted'), refusal('not_found'));
    await assert.rejects(v2.setStatus(EVE, id, 'green', 'accepted'), refusal('not_found'));
    await assert.rejects(v2.setStatus(ROOT, id, 'black', 'accepted'), refusal('not_found'));
    for (const status of ['maybe', '', 1])
      await assert.rejects(
        v2.setStatus(MIA, id, 'green', status as MemberStatus),
        refusal('bad_request', /pending/),
      );
    // One that is added again is a new one.
    await v2.remove(ANN, id, 'green');
    assert.equal((await v2.add(ANN, id, 'green')).status, 'pending');
  });

  it('are taken away by the owner and admins; by themselves in v1 when they may share', async () => {
    const { members } = host.registry;
    const v2 = members.speaking('v2');
    for (const member of [GUS, MIA])
      await assert.rejects(v2.remove(member, id, member.project!), refusal('forbidden'));
    await assert.rejects(v2.remove(ANN, id, 'black'), refusal('not_found', /member/));
    await assert.rejects(members.remove(MIA, id, 'green'), refusal('not_found'));
    await members.remove(GUS, id, 'gold');
    await v2.remove(ROOT, id, 'green');
    assert.deepEqual(await idsFor(ANN), []);
  });

  it('rest while the image is not shared, and come back', async () => {
    const { images, members } = host.registry;
    const v2 = members.speaking('v2');
    for (const visibility of ['private', 'community', 'public'] as const) {
      await images.update(ROOT, id, { visibility });
      const seen = visibility === 'private' ? 'not_found' : 'forbidden';
      for (const [caller, code] of [
        [ANN, 'forbidden'],
        [MIA, seen],
      ] as const) {
        await assert.rejects(v2.list(caller, id), refusal(code), visibility);
        await assert.rejects(v2.add(caller, id, 'black'), refusal(code));
        await assert.rejects(v2.setStatus(caller, id, 'green', 'accepted'), refusal(code));
        await assert.rejects(v2.remove(caller, id, 'green'), refusal(code));
        await assert.rejects(v2.show(caller, id, 'green'), refusal('not_found'));
      }
      // v1 has public images that are shared.
      if (visibility === 'public') assert.deepEqual(await idsFor(ANN), ['green', 'gold']);
      else
        for (const work of [
          members.list(ANN, id),
          members.put(ANN, id, 'black'),
          members.replace(ANN, id, []),
          members.remove(ANN, id, 'green'),
        ])
          await assert.rejects(work, refusal('not_found'));
    }
    await images.update(ROOT, id, { visibility: 'shared' });
    assert.deepEqual(await idsFor(MIA), ['green']);
  });

  it('are refused in words when they are none', async () => {
    const { members } = host.registry;
    for (const [wanted, words] of [
      ['green', /memberships must be a list/],
      [['green'], /membership must be an object/],
      [[{}], /project id must be a string/],
      [[{ member_id: '' }], /project id must not be empty|member_id must not be empty/],
      [[{ member_id: 'x'.repeat(256) }], /255/],
      [[{ member_id: 'green', can_share: 'true' }], /can_share/],
      [[{ member_id: 'green', colour: 'red' }], /colour/],
    ] as const)
      await assert.rejects(
        members.replace(ANN, id, wanted as unknown as []),
        refusal('bad_request', words),
        JSON.stringify(wanted),
      );
    await assert.rejects(
      members.put(ANN, id, 'green', 1 as unknown as boolean),
      refusal('bad_request', /can_share/),
    );
    assert.deepEqual(await idsFor(ANN), ['green', 'gold']);
  });
});
