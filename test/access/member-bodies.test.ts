import assert from 'node:assert/strict';
import { AccessHost } from '../support/access/host.js';
import { sharedImages, Sharing } from '../support/access/members.js';
import { MOUNTS } from '../support/mounts/serve.js';

const ODD_NAMES = [
  'a b',
  ' a',
  'a/b',
  '../../x',
  '..',
  '.',
  'a?b#c&d=e',
  '100%',
  '%41',
  'grün',
  '日本',
  '\u{1f4bf}'.repeat(255),
  'x'.repeat(255),
  'Green',
  'a"b\\c',
  "it's",
  '__proto__',
  'constructor',
  'toString',
  '\0',
  'a\r\nb',
] as const;

for (const mount of MOUNTS)
  describe(`bodies and names of members, ${mount.name}`, () => {
    const host = new AccessHost(mount).hooks();
    let sharing: Sharing;
    let id: string;

    beforeEach(async () => {
      ({ id } = await host.as('owner').reserve());
      sharing = new Sharing(host.as('owner'), id);
    });

    it('refuse a list that is none', async () => {
      await sharing.put('green');
      for (const body of [
        '',
        ' ',
        '{',
        'null',
        '"memberships"',
        '[]',
        '{}',
        '[{"member_id":"x"}]',
        '{"memberships":null}',
        '{"memberships":{"member_id":"x"}}',
        '{"memberships":"x"}',
        '{"memberships":[null]}',
        '{"memberships":["x"]}',
        '{"memberships":[[]]}',
        '{"memberships":[{}]}',
        '{"memberships":[{"member_id":null}]}',
        '{"memberships":[{"member_id":5}]}',
        '{"memberships":[{"member_id":""}]}',
        `{"memberships":[{"member_id":"${'x'.repeat(256)}"}]}`,
        '{"memberships":[{"member_id":"x","can_share":"true"}]}',
        '{"memberships":[{"member_id":"x","can_share":null}]}',
        '{"memberships":[{"member_id":"x"},{"can_share":true}]}',
        '{"__proto__":{"memberships":[]}}',
      ])
        assert.equal((await sharing.raw('', body)).status, 400, body);
      assert.deepEqual(await sharing.list(), ['green']);
    });

    it('refuse a member that is none', async () => {
      for (const body of [
        ' ',
        '{',
        'null',
        'true',
        '[]',
        '{"member":null}',
        '{"member":[]}',
        '{"member":"x"}',
        '{"member":{"can_share":"true"}}',
        '{"member":{"can_share":1}}',
        '{"member":{"can_share":null}}',
      ])
        assert.equal((await sharing.raw('/green', body)).status, 400, body);
      assert.deepEqual(await sharing.list(), []);
    });

    it('take what else is in them as if it was not there', async () => {
      const more = '{"memberships":[{"member_id":"a","can_share":true,"x":1}],"y":2}';
      assert.equal((await sharing.raw('', more)).status, 204);
      assert.equal((await sharing.raw('/b', '{"member":{"can_share":true,"id":"c"},"x":1}')).status, 204);
      assert.equal((await sharing.raw('/c', '{"can_share":true}')).status, 204);
      assert.equal((await sharing.raw('/d', '{"__proto__":{"member":{"can_share":true}}}')).status, 204);
      assert.deepEqual(await sharing.list(), ['a+', 'b+', 'c', 'd']);
    });

    it('are read whatever the client calls them', async () => {
      for (const type of ['application/octet-stream', 'text/plain', 'application/x-www-form-urlencoded', ''])
        assert.equal((await sharing.raw('', '{"memberships":[{"member_id":"a"}]}', type)).status, 204, type);
      assert.deepEqual(await sharing.list(), ['a']);
    });

    it('have a limit', async () => {
      const entry = `{"member_id":"a","x":"${' '.repeat(1000)}"}`;
      const body = `{"memberships":[${Array.from({ length: 1100 }, () => entry).join()}]}`;
      assert.equal((await sharing.raw('', body)).status, 413);
      assert.deepEqual(await sharing.list(), []);
    });

    it('name members in any way', async () => {
      const owner = host.as('owner');
      for (const name of ODD_NAMES) {
        assert.equal(await sharing.put(name), 204, name);
        const member = host.client(encodeURIComponent(`mia:${name}:member`));
        assert.deepEqual(await sharing.list(), [name]);
        assert.equal(await member.status(id), 'queued', name);
        assert.deepEqual(await new Sharing(member, id).list(), [name]);
        assert.deepEqual(await sharedImages(owner, name), [id]);
        assert.deepEqual(await sharedImages(member, name), [id]);
        assert.equal(await sharing.remove(name), 204, name);
        assert.equal(await member.status(id), '404', name);
      }
      assert.equal(await sharing.replace(...ODD_NAMES), 204);
      assert.deepEqual(await sharing.list(), [...ODD_NAMES]);
    });

    it('refuse names that are too long or no text, and paths without one', async () => {
      for (const name of ['x'.repeat(256), '\u{1f4bf}'.repeat(256)]) {
        assert.equal(await sharing.put(name), 400);
        assert.equal(await sharing.replace(name), 400);
        assert.equal(await sharing.remove(name), 400);
      }
      for (const rest of ['/%ff', '/%', '/%zz'])
        assert.equal((await sharing.raw(rest, '{}')).status, 400, rest);
      assert.equal((await sharing.raw('/', '{}')).status, 404);
      assert.equal((await host.as('owner').ask('/v1/shared-images/')).status, 404);
      assert.deepEqual(await sharing.list(), []);
    });
  });
