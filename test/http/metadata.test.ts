import assert from 'node:assert/strict';
import { ADMIN, Host } from '../support/mounts/host.js';
import { header, imageOf, type ImageJson } from '../support/clients/images-client.js';
import { RawSocket, requestHead } from '../support/clients/raw-socket.js';
import { MOUNTS } from '../support/mounts/serve.js';

for (const mount of MOUNTS)
  describe(`metadata, ${mount.name}`, () => {
    const host = new Host(mount, 'memory', { lenientClients: false }).hooks();

    const refuse = async (method: string, path: string, headers: Record<string, string>): Promise<string> => {
      const answer = await host.client(ADMIN).ask(path, { method, headers });
      assert.equal(answer.status, 400, `${JSON.stringify(headers)} ${answer.text}`);
      return answer.text;
    };

    it('takes uuids in any form, and shows one', async () => {
      const forms = (id: string): string[] => [
        id,
        id.toUpperCase(),
        id.replaceAll('-', ''),
        `{${id}}`,
        `urn:uuid:${id}`,
      ];
      for (const [n] of forms('').entries()) {
        const id = crypto.randomUUID();
        const image = await host.client().reserve({ 'x-image-meta-id': forms(id)[n]! });
        assert.equal(image.id, id);
        for (const form of forms(id).slice(0, 3)) {
          const answer = await host.client().ask(`/v1/images/${form}`, { method: 'HEAD' });
          assert.equal(answer.headers['x-image-meta-id'], id);
        }
        for (const form of forms(id)) {
          const again = { method: 'POST', headers: { 'x-image-meta-id': form } };
          assert.equal((await host.client().ask('/v1/images', again)).status, 409, form);
        }
        await host.client().ask(`/v1/images/${id.toUpperCase()}`, { method: 'DELETE' });
        const taken = { method: 'POST', headers: { 'x-image-meta-id': id } };
        assert.equal((await host.client().ask('/v1/images', taken)).status, 409, 'deleted ids stay taken');
      }
      for (const id of ['', 'x', '123', `${crypto.randomUUID()}0`])
        await refuse('POST', '/v1/images', { 'x-image-meta-id': id });
    });

    it('takes an id, name or status only as it is on PUT', async () => {
      const { id } = await host.client().reserve({ 'x-image-meta-name': 'old' });
      const put = async (headers: Record<string, string>): Promise<number> =>
        (await host.client(ADMIN).ask(`/v1/images/${id}`, { method: 'PUT', headers })).status;
      assert.equal(await put({ 'x-image-meta-id': id.toUpperCase() }), 200);
      assert.equal(await put({ 'x-image-meta-status': 'queued' }), 200);
      assert.equal(await put({ 'x-image-meta-id': crypto.randomUUID() }), 403);
      for (const status of ['active', 'killed', 'deleted', 'saving', 'QUEUED', ''])
        assert.equal(await put({ 'x-image-meta-status': status }), 403, status);
      const { status, name } = await host.client().detail(id);
      assert.deepEqual([status, name], ['queued', 'old']);
    });

    it('keeps size and checksum of an active image from its owner, not from an admin', async () => {
      const { id, size, checksum } = await host.client().upload('data');
      const changes = [{ 'x-image-meta-size': '5' }, { 'x-image-meta-checksum': '0'.repeat(32) }];
      for (const headers of changes) {
        const question = { method: 'PUT', headers };
        assert.equal((await host.client().ask(`/v1/images/${id}`, question)).status, 403);
      }
      const same = { 'x-image-meta-size': String(size), 'x-image-meta-checksum': checksum ?? '' };
      imageOf(await host.client().ask(`/v1/images/${id}`, { method: 'PUT', headers: same }), 200);
      assert.equal((await host.client().ask(`/v1/images/${id}`)).text, 'data');
    });

    it('counts characters, not bytes or UTF-16 units, of names', async () => {
      const name = '\u{1f4bf}'.repeat(255);
      const image = await host.client().reserve({ 'x-image-meta-name': name });
      assert.equal(image.name, name);
      const answer = await host.client().ask(`/v1/images/${image.id}`, { method: 'HEAD' });
      assert.equal(header(answer, 'x-image-meta-name'), name);
      await refuse('POST', '/v1/images', { 'x-image-meta-name': `${name}x` });
      const query = `name=${encodeURIComponent(name)}`;
      const found = await host.client().ask(`/v1/images?${query}`);
      assert.ok(found.text.includes(image.id));
    });

    it('takes 128 properties, not 129', async () => {
      const some = (count: number): Record<string, string> =>
        Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-image-meta-property-p${n}`, 'v']));
      const { id, properties } = await host.client().reserve(some(128));
      assert.equal(Object.keys(properties).length, 128);
      const more = { method: 'POST', headers: some(129) };
      assert.equal((await host.client().ask('/v1/images', more)).status, 413);
      const one = { 'x-image-meta-property-more': '1', 'x-glance-registry-purge-props': 'false' };
      const changed = await host.client().ask(`/v1/images/${id}`, { method: 'PUT', headers: one });
      assert.equal(changed.status, 413);
      assert.equal(Object.keys((await host.client().detail(id)).properties).length, 128);
    });

    it('purges properties unless told not to', async () => {
      const words = {
        true: ['true', 'TRUE', 't', 'yes', 'y', 'on', '1', ' On '],
        false: ['false', 'no', '0', 'off', '', 'never', 'truely'],
      };
      for (const [purge, all] of Object.entries(words))
        for (const word of all) {
          const { id } = await host.client().reserve({ 'x-image-meta-property-old': '1' });
          const headers = { 'x-glance-registry-purge-props': word, 'x-image-meta-property-new': '2' };
          const answer = await host.client().ask(`/v1/images/${id}`, { method: 'PUT', headers });
          const expected = purge === 'true' ? { new: '2' } : { old: '1', new: '2' };
          assert.deepEqual(imageOf(answer, 200).properties, expected, `"${word}"`);
        }
    });

    it('lets an admin set times, and nobody else', async () => {
      const cases = [
        ['2020-02-29T12:30:00Z', '2020-02-29T12:30:00.000000'],
        ['2020-02-29 12:30:00.5', '2020-02-29T12:30:00.500000'],
        ['2020-03-01T01:30:00+02:00', '2020-02-29T23:30:00.000000'],
        ['1900-01-01', '1900-01-01T00:00:00.000000'],
        ['9999-12-31T23:59:59.999999', '9999-12-31T23:59:59.999999'],
      ] as const;
      for (const [given, shown] of cases) {
        const headers = { 'x-image-meta-created_at': given, 'x-image-meta-updated_at': given };
        const image = await host.client(ADMIN).reserve(headers);
        assert.equal(image.created_at, shown);
        assert.equal(image.updated_at, shown);
        const answer = await host.client(ADMIN).ask(`/v1/images/${image.id}`, { method: 'HEAD' });
        assert.equal(header(answer, 'x-image-meta-created_at'), shown);
        assert.notEqual((await host.client().reserve(headers)).created_at, shown);
      }
      for (const bad of [
        'yesterday',
        '1899-12-31T23:59:59',
        '1900-01-01T00:30:00+01:00',
        '9999-12-31T23:30:00-01:00',
        '10000-01-01T00:00:00Z',
        '2021-02-29',
        '2020-13-01',
        '',
        '2020-01-01T25:00',
      ])
        await refuse('POST', '/v1/images', { 'x-image-meta-created_at': bad });
    });

    it('names the field that it refuses', async () => {
      for (const field of ['min_ram', 'min_disk'])
        for (const value of ['-1', '2147483648', '1.5', 'x', '', '99999999999999999999']) {
          const text = await refuse('POST', '/v1/images', { [`x-image-meta-${field}`]: value });
          assert.ok(text.includes(field), text);
        }
      for (const field of ['colour', 'propertyx', 'owner_id', '', '__proto__', 'constructor'])
        assert.match(
          await refuse('POST', '/v1/images', { [`x-image-meta-${field}`]: 'x' }),
          /metadata field/,
        );
    });

    it('takes headers of more than 64 KiB on prepared servers', async () => {
      const headers = Object.fromEntries(
        Array.from({ length: 100 }, (_, n) => [`x-image-meta-property-long${n}`, `${n}`.repeat(500)]),
      );
      const answer = await host
        .client()
        .ask('/v1/images', { method: 'POST', headers })
        .catch(() => null);
      if (!mount.prepared) {
        // Node's own limit is 16 KiB.
        assert.ok(answer === null || answer.status === 431);
        return;
      }
      const image: ImageJson = imageOf(answer!, 201);
      assert.deepEqual(
        image.properties,
        Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.slice(22), value])),
      );
      const shown = await host.client().ask(`/v1/images/${image.id}`, { method: 'HEAD' });
      assert.equal(shown.headers['x-image-meta-property-long99'], headers['x-image-meta-property-long99']);
    });

    it('joins a header that comes twice, and refuses a field spelled two ways', async () => {
      const socket = await RawSocket.open(host.url);
      const token = { 'X-Auth-Token': 'ann:blue:member', Connection: 'close', 'Content-Length': '0' };
      const twice = { 'X-Image-Meta-Property-A': 'one\r\nx-image-meta-property-a: two' };
      await socket.send(requestHead('POST', `${host.url}/v1/images`, { ...token, ...twice }));
      await socket.untilClosed();
      assert.ok(socket.received.includes('"properties":{"a":"one, two"}'), socket.received);
      await refuse('POST', '/v1/images', { 'x-image-meta-min-ram': '1', 'x-image-meta-min_ram': '1' });
      await refuse('POST', '/v1/images', {
        'x-image-meta-property-a-b': '1',
        'x-image-meta-property-a_b': '2',
      });
    });
  });
