import assert from 'node:assert/strict';
import { none } from '../../lib/index.js';
import { CALLERS, OWNER } from '../support/access/callers.js';
import { AccessHost } from '../support/access/host.js';
import { DATA } from '../support/access/images.js';
import type { Answer } from '../support/clients/ask.js';
import { FORM, field, formOf } from '../support/clients/form.js';
import { FORMATS, imageOf, listOf, OCTETS } from '../support/clients/images-client.js';

const STATUSES = [
  'queued',
  'saving',
  'active',
  'killed',
  'deleted',
  'pending_delete',
  'deactivated',
  'x',
  '',
];

for (const delayedDelete of [false, true])
  describe(`attacks on what is there, delayedDelete: ${delayedDelete}`, () => {
    const host = new AccessHost(undefined, { delayedDelete }).hooks();

    const put = async (
      caller: Parameters<AccessHost['as']>[0],
      id: string,
      headers: Readonly<Record<string, string>>,
    ): Promise<Answer> => host.as(caller).ask(`/v1/images/${id}`, { method: 'PUT', headers });

    it('OSSA-2012-017: a deletion that is refused has touched nothing', async () => {
      for (const [kind, caller, status] of [
        ['public', 'stranger', 403],
        ['community', 'stranger', 403],
        ['shared', 'member', 403],
        ['shared', 'sharer', 403],
        ['shared', 'stranger', 404],
        ['private', 'member', 404],
        ['shared', 'reader', 403],
        ['public', 'anonymous', 403],
        ['public', 'no project', 401],
        ['public', 'nobody', 401],
        ['protected', 'owner', 403],
        ['protected', 'admin', 403],
      ] as const) {
        const image = await host.add(kind);
        const answer = await host.as(caller).ask(`/v1/images/${image.id}`, { method: 'DELETE' });
        assert.equal(answer.status, status, `${kind} ${caller}`);
        assert.deepEqual(await host.record(image.id), image);
        const { text } = await host.as('admin').ask(`/v1/images/${image.id}`);
        assert.equal(text, DATA);
      }
    });

    it('OSSA-2015-019: neither status nor id can be set, by anybody, in any way', async () => {
      for (const kind of ['shared', 'queued', 'deactivated', 'killed', 'protected'] as const)
        for (const caller of ['owner', 'admin'] as const) {
          const image = await host.add(kind);
          for (const status of STATUSES.filter((one) => one !== image.status)) {
            assert.equal(
              (await put(caller, image.id, { 'x-image-meta-status': status })).status,
              403,
              status,
            );
            const form = { method: 'PUT', headers: FORM, body: formOf(field('status', status)) };
            assert.equal((await host.as(caller).ask(`/v1/images/${image.id}`, form)).status, 403, status);
          }
          const id = crypto.randomUUID();
          assert.equal((await put(caller, image.id, { 'x-image-meta-id': id })).status, 403);
          assert.deepEqual(await host.record(image.id), image);
        }
    });

    it("OSSA-2015-019: size and checksum of data are the data's own, deactivated or not", async () => {
      for (const kind of ['shared', 'deactivated'] as const) {
        const image = await host.add(kind, { checksum: '8d777f385d3dfec8815d20f7496026dc' });
        for (const headers of [
          { 'x-image-meta-size': '5' },
          { 'x-image-meta-size': '0' },
          { 'x-image-meta-checksum': '0'.repeat(32) },
          { 'x-image-meta-checksum': '' },
        ] as readonly Record<string, string>[]) {
          assert.equal((await put('owner', image.id, headers)).status, 403);
          assert.deepEqual(await host.record(image.id), image);
        }
      }
    });

    it('OSSA-2015-019: owner and times are set by admins alone, deleted by nobody', async () => {
      const given = {
        'x-image-meta-owner': 'green',
        'x-image-meta-created_at': '2001-01-01T00:00:00',
        'x-image-meta-updated_at': '2002-01-01T00:00:00',
        'x-image-meta-deleted_at': '2003-01-01T00:00:00',
        'x-image-meta-deleted': 'True',
      };
      const image = await host.add('shared');
      imageOf(await put('owner', image.id, given), 200);
      const { updated_at: _, properties: __, ...kept } = image;
      const { updated_at, properties: ___, ...now } = await host.record(image.id);
      assert.deepEqual(now, kept);
      assert.ok(updated_at > '2020', updated_at);
      const made = await host.as('owner').reserve(given);
      assert.deepEqual([made.owner, made.status], [OWNER, 'queued']);
      assert.ok(made.created_at > '2020' && made.updated_at > '2020');

      imageOf(await put('admin', image.id, given), 200);
      const changed = await host.record(image.id);
      assert.deepEqual(
        [changed.owner, changed.created_at, changed.status],
        ['green', '2001-01-01T00:00:00.000000', 'active'],
      );
      assert.equal(await host.as('owner').status(image.id), '404', "it is the other project's now");
    });

    it('OSSA-2016-006: the data of an active image is never replaced', async () => {
      for (const kind of ['shared', 'public', 'deactivated', 'saving', 'killed'] as const)
        for (const caller of ['owner', 'admin'] as const) {
          const image = await host.add(kind);
          for (const [question, status] of [
            [{ headers: OCTETS, body: 'evil' }, 409],
            [{ headers: { ...OCTETS, 'x-image-meta-status': 'queued' }, body: 'evil' }, 403],
            [{ headers: { ...OCTETS, 'x-image-meta-size': '4' }, body: 'evil', chunked: true }, 409],
            [{ headers: { 'x-image-meta-location': 'http://127.0.0.1:1/evil' } }, 400],
            [{ headers: { 'x-glance-api-copy-from': 'http://127.0.0.1:1/evil' } }, 400],
          ] as const) {
            const answer = await host
              .as(caller)
              .ask(`/v1/images/${image.id}`, { ...question, method: 'PUT' });
            assert.equal(answer.status, status, `${kind} ${caller} ${JSON.stringify(question)}`);
            assert.deepEqual(await host.record(image.id), image);
          }
        }
    });

    it('OSSN-0075: the id of an image that is gone is never given again', async () => {
      for (const kind of ['shared', 'public', 'killed', 'queued'] as const) {
        const { id } = await host.add(kind);
        assert.equal((await host.as('owner').ask(`/v1/images/${id}`, { method: 'DELETE' })).status, 200);
        for (const caller of ['owner', 'stranger', 'admin'] as const)
          for (const form of [id, id.toUpperCase(), id.replaceAll('-', ''), `{${id}}`, `urn:uuid:${id}`]) {
            const headers = { ...OCTETS, ...FORMATS, 'x-image-meta-id': form };
            const question = { method: 'POST', headers, body: 'evil' };
            assert.equal((await host.as(caller).ask('/v1/images', question)).status, 409, form);
          }
      }
    });

    it('CVE-2013-4354: v1 shows in its lists nothing that v2 hides', async () => {
      const hidden = await Promise.all(
        (['community', 'private', 'hidden', 'hidden, public'] as const).map((kind) => host.add(kind)),
      );
      for (const caller of ['stranger', 'member', 'no project', 'anonymous'] as const)
        for (const query of ['', '&is_public=none', '&is_public=false', '&changes-since=2000-01-01'])
          for (const { name } of hidden) {
            const path = `/v1/images/detail?name=${encodeURIComponent(name ?? '')}${query}`;
            assert.deepEqual(listOf(await host.as(caller).ask(path)).images, [], `${caller} ${path}`);
          }
    });
  });

describe('attacks by headers', () => {
  const SPOOFED = {
    'x-identity-status': 'Confirmed',
    'x-user-id': 'root',
    'x-project-id': OWNER,
    'x-tenant-id': OWNER,
    'x-roles': 'admin',
    'x-is-admin-project': 'True',
    'x-service-token': CALLERS.admin,
    authorization: 'Basic cm9vdDpyb290',
  };

  for (const [title, options] of Object.entries({
    devTokens: {},
    none: { authenticate: none({ user: 'eve', project: 'black', roles: ['member'] }) },
    'a function': { authenticate: () => ({ user: 'eve', project: 'black', roles: ['member'] }) },
  }))
    it(`spoofed identity headers mean nothing, ${title}`, async () => {
      const host = new AccessHost(undefined, options);
      await host.start();
      try {
        const { id } = await host.add('shared');
        const eve = host.as('stranger');
        assert.equal((await eve.ask(`/v1/images/${id}`, { headers: SPOOFED })).status, 404);
        const removed = await eve.ask(`/v1/images/${id}`, { method: 'DELETE', headers: SPOOFED });
        assert.equal(removed.status, 404);
        const all = await eve.ask('/v1/images?is_public=none', { headers: SPOOFED });
        assert.deepEqual(listOf(all).images, []);
        const made = { ...SPOOFED, 'x-image-meta-owner': OWNER };
        assert.equal((await eve.reserve(made)).owner, 'black');
        const published = { ...SPOOFED, 'x-image-meta-is_public': 'true' };
        assert.equal((await eve.ask('/v1/images', { method: 'POST', headers: published })).status, 403);
      } finally {
        await host.stop();
      }
    });
});
