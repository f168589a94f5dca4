import assert from 'node:assert/strict';
import type { PolicyRule, PolicyRules } from '../../lib/index.js';
import { ACTIONS } from '../support/access/actions.js';
import { tableOf } from '../support/access/attempts.js';
import { AccessHost } from '../support/access/host.js';
import { linesOf } from '../support/access/matrix.js';
import { NEEDS } from '../support/access/needs.js';
import { FORMATS, OCTETS } from '../support/clients/images-client.js';

const REFUSALS: Readonly<Record<string, PolicyRule>> = {
  'a function': () => false,
  'a function of the image': (caller, { owner }) => caller.user !== 'ann' || owner !== caller.project,
  'a list of roles': ['nurse', 'Doctor'],
  'an empty role list': ['!'],
  'a text': 'role:nurse or (is_admin:True and not role:member)',
  'a text about the image': 'not project_id:%(owner)s',
};

const KINDS = ['shared', 'private', 'public', 'protected', 'deactivated'] as const;

async function withHost(policy: PolicyRules, work: (host: AccessHost) => Promise<void>): Promise<void> {
  const host = new AccessHost(undefined, { policy });
  await host.start();
  try {
    await work(host);
  } finally {
    await host.stop();
  }
}

describe('a policy', () => {
  for (const { action, kind = 'shared', path, question, without } of NEEDS)
    it(`refuses ${action}: ${question.method ?? 'GET'} ${path('{id}')}`, async () => {
      // How a rule is written has nothing to do with the action, so one action is enough for all the ways.
      const few = ['a function', 'a text about the image'];
      for (const [form, rule] of Object.entries(REFUSALS)) {
        if (action !== 'delete_image' && !few.includes(form)) continue;
        await withHost({ [action]: rule }, async (host) => {
          const image = await host.add(kind);
          const refused = await host.as('owner').ask(path(image.id), question);
          assert.equal(refused.status, 403, `${form}: ${refused.text}`);
          if (question.method !== 'HEAD') assert.match(refused.text, new RegExp(`policy.*${action}`));
          assert.deepEqual(await host.record(image.id), image, form);
          if (without === true) return;
          // Before the image is looked up, unless the rule needs it, or the image tells what is done to it.
          const status = form.includes('the image') || action === 'add_member' ? 404 : 403;
          for (const id of [image.id, crypto.randomUUID()])
            assert.equal((await host.as('stranger').ask(path(id), question)).status, status, form);
        });
      }
    });

  it('that refuses to store data leaves no record of an image with data', async () => {
    await withHost({ upload_image: '!' }, async (host) => {
      const id = crypto.randomUUID();
      const headers = { ...OCTETS, ...FORMATS, 'x-image-meta-id': id };
      const answer = await host.as('owner').ask('/v1/images', { method: 'POST', headers, body: 'data' });
      assert.equal(answer.status, 403);
      assert.equal(await host.as('admin').status(id), '404');
      assert.deepEqual(await host.stored(), []);
      await host.as('owner').reserve();
    });
  });

  it('lets data be fetched by what a property says, whatever part of it is asked for', async () => {
    const download_image: PolicyRule = (caller, { licence, properties }) => {
      assert.equal((properties as Record<string, unknown>).licence, licence);
      return licence !== 'paid' || caller.roles.includes('payer');
    };
    await withHost({ download_image }, async (host) => {
      const free = await host.as('owner').upload('data');
      const paid = await host.as('owner').upload('data', { 'x-image-meta-property-licence': 'paid' });
      const payer = host.client('pat:blue:payer');
      for (const headers of [
        {},
        { range: 'bytes=0-1' },
        { 'if-none-match': '*' },
        { 'if-none-match': paid.checksum! },
      ]) {
        const ask = async (client = host.as('owner'), id = paid.id): Promise<number> =>
          (await client.ask(`/v1/images/${id}`, { headers })).status;
        assert.equal(await ask(), 403);
        assert.equal(await ask(host.as('admin')), 403, 'admins are no exception');
        assert.equal(await ask(host.as('stranger')), 404);
        assert.equal(await ask(payer), await ask(host.as('owner'), free.id));
      }
      const { text, headers } = await host.as('owner').ask(`/v1/images/${paid.id}`);
      assert.doesNotMatch(text, /data/);
      assert.deepEqual(
        Object.keys(headers).filter((name) => /image-meta|etag|accept-ranges/.test(name)),
        [],
      );
      assert.equal(await host.as('owner').status(paid.id), 'active');
    });
  });

  it('lets others than admins publish', async () => {
    await withHost({ publicize_image: ['Curator', 'admin'] }, async (host) => {
      const curator = host.client('cat:blue:member,curator');
      const published = { 'x-image-meta-is_public': 'true' };
      const { id, is_public } = await curator.reserve(published);
      assert.equal(is_public, true);
      assert.equal(await host.as('stranger').status(id), 'queued');
      const refused = await host.as('owner').ask('/v1/images', { method: 'POST', headers: published });
      assert.equal(refused.status, 403);
      const other = await host.as('stranger').reserve();
      const put = { method: 'PUT', headers: published };
      assert.equal((await curator.ask(`/v1/images/${other.id}`, put)).status, 404, 'not for other projects');
      const { id: own } = await host.as('owner').reserve();
      assert.equal((await host.as('owner').ask(`/v1/images/${own}`, put)).status, 403);
      assert.equal((await curator.ask(`/v1/images/${own}`, put)).status, 200);
      // Taking it back needs no more than owning it.
      const back = { method: 'PUT', headers: { 'x-image-meta-is_public': 'false' } };
      assert.equal((await host.as('owner').ask(`/v1/images/${own}`, back)).status, 200);
    });
  });

  it('that refuses to add or to remove members cannot be got round by naming all members', async () => {
    for (const [rules, wanted] of [
      [{ add_member: '!' }, ['green', 'gold', 'white']],
      [{ delete_member: '!' }, ['green']],
      [{ add_member: (_, { member_id }) => member_id !== 'black' }, ['green', 'gold', 'black']],
      [{ delete_member: (_, { member_id }) => member_id !== 'gold' }, []],
    ] as readonly (readonly [PolicyRules, readonly string[]])[])
      await withHost(rules, async (host) => {
        const { id } = await host.add('shared');
        const put = async (names: readonly string[]): Promise<number> => {
          const memberships = names.map((member_id) => ({ member_id, can_share: true }));
          const headers = { 'content-type': 'application/json' };
          const question = { method: 'PUT', headers, body: JSON.stringify({ memberships }) };
          return (await host.as('owner').ask(`/v1/images/${id}/members`, question)).status;
        };
        assert.equal(await put(wanted), 403);
        assert.equal(await put(['gold', 'green']), 204);
        assert.deepEqual(
          (await host.record(id)).members.map((one) => one.id),
          ['green', 'gold'],
        );
      });
  });

  it('that breaks allows nothing and says nothing', async () => {
    const broken: Readonly<Record<string, PolicyRule>> = {
      throws: () => {
        throw new Error('a secret of the house');
      },
      'answers later': (() => Promise.resolve(true)) as unknown as PolicyRule,
      'answers nothing': (() => undefined) as unknown as PolicyRule,
      'answers a word': (() => 'yes') as unknown as PolicyRule,
    };
    for (const [what, rule] of Object.entries(broken))
      await withHost({ delete_image: rule }, async (host) => {
        const image = await host.add('shared');
        const answer = await host.as('owner').ask(`/v1/images/${image.id}`, { method: 'DELETE' });
        assert.equal(answer.status, 500, what);
        assert.doesNotMatch(answer.text, /secret|delete_image/);
        assert.deepEqual(await host.record(image.id), image);
        assert.ok(host.logged.some(({ level }) => level === 'error'));
      });
  });

  it('that allows everything gives nobody more than no policy does', async () => {
    const chosen = ACTIONS.filter(({ title }) =>
      /HEAD|DELETE|\{id\}`$|metadata|a new one|changed|data/.test(title),
    );
    assert.ok(chosen.length >= 7);
    for (const action of chosen) {
      const answers: string[][] = [];
      const allowed = { default: () => true, publicize_image: '!' };
      for (const policy of [{}, allowed] as readonly PolicyRules[])
        await withHost(
          policy,
          async (host) => void answers.push(linesOf(await tableOf(host, action, KINDS))),
        );
      assert.deepEqual(answers[1], answers[0]);
    }
  });
});
