import assert from 'node:assert/strict';
import type { Answer } from '../support/clients/ask.js';
import { Host } from '../support/mounts/host.js';
import { FORMATS, imageOf } from '../support/clients/images-client.js';
import { MOUNTS } from '../support/mounts/serve.js';

const JSON_TYPE = { 'content-type': 'application/json' };

for (const mount of MOUNTS) {
  describe(`lenient to clients, ${mount.name}`, () => {
    const host = new Host(mount).hooks();
    const post = (body: string, headers: Readonly<Record<string, string>> = JSON_TYPE): Promise<Answer> =>
      host.client().ask('/v1/images', { method: 'POST', headers, body });

    it('takes metadata as JSON', async () => {
      const fields = { name: 'j', disk_format: 'raw', min_ram: 5, protected: false, size: null };
      const properties = { Mixed: 'Case', 'hw:cpu': 4, yes: true, none: null };
      for (const document of [{ ...fields, properties }, { image: { ...fields, properties } }]) {
        const image = imageOf(await post(JSON.stringify(document)), 201);
        assert.deepEqual([image.name, image.min_ram, image.status], ['j', 5, 'queued']);
        assert.deepEqual(image.properties, { mixed: 'Case', 'hw:cpu': '4', yes: 'true', none: null });
      }
      const charset = { 'content-type': 'application/json; charset=UTF-8' };
      assert.equal(imageOf(await post('{"name":"ü"}', charset), 201).name, 'ü');
      assert.equal(imageOf(await post('{}'), 201).name, null);
    });

    it('refuses JSON that is none, no object, or says what cannot be', async () => {
      const bad = ['{', '{"name":}', '[]', '"x"', '1', 'null', '{"colour":"red"}', '{"name":["x"]}'];
      for (const body of [...bad, '{"properties":{"a":{}}}', '{"properties":{"":"x"}}', '{"min_ram":-1}'])
        assert.equal((await post(body)).status, 400, body);
      const both = { ...JSON_TYPE, 'x-image-meta-name': 'h' };
      assert.equal((await post('{"name":"j"}', both)).status, 400);
      // express.json() has its own limit, 100 kB.
      assert.equal((await post(`{"name":"${'x'.repeat(1024 * 1024)}"}`)).status, 413);
    });

    it('takes data without Content-Type', async () => {
      for (const chunked of [false, true]) {
        const question = { method: 'POST', headers: FORMATS, body: 'data', chunked };
        const image = imageOf(await host.client().ask('/v1/images', question), 201);
        assert.equal(image.status, 'active');
        const { id } = await host.client().reserve();
        const put = await host.client().ask(`/v1/images/${id}`, { ...question, method: 'PUT' });
        assert.equal(imageOf(put, 200).status, 'active');
        assert.equal((await host.client().ask(`/v1/images/${id}`)).text, 'data');
      }
    });

    it('takes no JSON for PUT', async () => {
      const { id } = await host.client().reserve(FORMATS);
      const question = { method: 'PUT', headers: JSON_TYPE, body: '{"name":"x"}' };
      assert.equal((await host.client().ask(`/v1/images/${id}`, question)).status, 400);
    });
  });

  describe(`strict to clients, ${mount.name}`, () => {
    const host = new Host(mount, 'memory', { lenientClients: false }).hooks();

    it('refuses JSON and data without Content-Type, and kills the image', async () => {
      for (const [headers, body] of [
        [JSON_TYPE, '{"name":"j"}'],
        [{}, 'data'],
      ] as const)
        for (const chunked of [false, true]) {
          const id = crypto.randomUUID();
          const all = { ...FORMATS, ...headers, 'x-image-meta-id': id };
          const answer = await host
            .client()
            .ask('/v1/images', { method: 'POST', headers: all, body, chunked });
          assert.equal(answer.status, 400);
          assert.match(answer.text, /octet-stream/);
          assert.equal(await host.client().status(id), 'killed');
        }
    });
  });
}
