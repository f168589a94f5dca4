import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Host } from '../support/mounts/host.js';
import { FORM } from '../support/clients/form.js';
import { FORMATS, imageOf, OCTETS } from '../support/clients/images-client.js';

const JSON_TYPE = { 'content-type': 'application/json' } as const;

describe('names that mean something elsewhere', () => {
  const host = new Host(undefined, 'disk').hooks();

  const post = async (body: string) =>
    host.client().ask('/v1/images', { method: 'POST', headers: JSON_TYPE, body });

  it('prototype pollution: keys of JavaScript are no metadata, and properties like any other', async () => {
    for (const body of [
      '{"__proto__":{"is_public":true,"admin":true}}',
      '{"constructor":{"prototype":{"admin":true}}}',
      '{"image":{"__proto__":"x"}}',
    ])
      assert.equal((await post(body)).status, 400, body);
    const body = '{"name":"n","properties":{"__proto__":"a","constructor":"b","hasownproperty":"c"}}';
    const { id, properties } = imageOf(await post(body), 201);
    const expected = [
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['hasownproperty', 'c'],
    ];
    assert.deepEqual(Object.entries(properties), expected);
    const keep = { 'x-glance-registry-purge-props': 'false', 'x-image-meta-property-__proto__': 'z' };
    const changed = await host.client().ask(`/v1/images/${id}`, { method: 'PUT', headers: keep });
    assert.equal(Object.entries(imageOf(changed, 200).properties)[0]?.[1], 'z');
    for (const key of ['admin', 'is_public', 'a', 'b']) assert.equal(key in {}, false, key);
  });

  it('path traversal: what is no uuid names no image and no file', async () => {
    for (const id of [
      '..%2f..%2fetc%2fpasswd',
      '%2e%2e',
      '%2e%2e%2fstaging',
      '..%5c..%5cx',
      '%00',
      'x'.repeat(36),
      '__proto__',
      `${crypto.randomUUID()}%2f..`,
      `${crypto.randomUUID()}%00`,
    ])
      for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'])
        assert.equal(
          (await host.client().ask(`/v1/images/${id}`, { method })).status,
          404,
          `${method} ${id}`,
        );
    for (const id of ['../../x', '..', '/etc/passwd', 'a/b']) {
      const headers = { ...OCTETS, ...FORMATS, 'x-image-meta-id': id };
      const answer = await host.client().ask('/v1/images', { method: 'POST', headers, body: 'x' });
      assert.equal(answer.status, 400, id);
    }
    const store = { method: 'POST', headers: { 'x-image-meta-store': '../x' } };
    assert.equal((await host.client().ask('/v1/images', store)).status, 400);
  });

  it('path traversal: the name that a form gives its file is nothing to the store', async () => {
    const before = await readdir(path.dirname(host.folder));
    const parts = Object.entries({ disk_format: 'raw', container_format: 'bare' }).map(
      ([name, value]) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`,
    );
    const file = 'Content-Disposition: form-data; name="../../n"; filename="../../../evil-file"\r\n\r\ndata';
    const boundary = '--frontier 4711';
    const body = [...parts, file].map((part) => `${boundary}\r\n${part}\r\n`).join('') + `${boundary}--\r\n`;
    const image = imageOf(
      await host.client().ask('/v1/images', { method: 'POST', headers: FORM, body }),
      201,
    );
    assert.equal((await host.client().ask(`/v1/images/${image.id}`)).text, 'data');
    for (const location of await host.stored()) assert.doesNotMatch(location, /evil|\.\./);
    const added = (await readdir(path.dirname(host.folder))).filter((name) => !before.includes(name));
    assert.ok(!added.some((name) => name.includes('evil')));
  });

  it('response splitting: no text of a caller begins a new header', async () => {
    const evil = 'a\r\nX-Evil: 1\r\n\r\nbody';
    const properties = { p: evil, [evil]: 'x' };
    const { id } = imageOf(await post(JSON.stringify({ name: evil, properties })), 201);
    const next = `/v1/images?limit=1&x=${encodeURIComponent(evil)}&marker=${id}`;
    await host.client().reserve();
    for (const [method, where] of [
      ['HEAD', `/v1/images/${id}`],
      ['GET', `/v1/images/${id}`],
      ['GET', next],
      ['GET', `/v1/images?limit=1&x=${encodeURIComponent(evil)}`],
      ['GET', `/v1/images/${encodeURIComponent(evil)}`],
      ['PUT', `/v1/images/${id}/members/${encodeURIComponent(evil)}`],
      ['GET', `/v1/${encodeURIComponent(evil)}`],
    ] as const) {
      const { headers, status } = await host.client().ask(where, { method });
      assert.ok(status < 500, where);
      assert.equal(headers['x-evil'], undefined, where);
      assert.doesNotMatch(JSON.stringify(headers), /[\r\n]|\\r|\\n/);
    }
  });
});
