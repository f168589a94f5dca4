import assert from 'node:assert/strict';
import { Host } from '../support/mounts/host.js';
import { header, imageOf } from '../support/clients/images-client.js';
import { RawSocket, requestHead } from '../support/clients/raw-socket.js';
import { MOUNTS } from '../support/mounts/serve.js';

const TEXTS = [
  'Grüße',
  '日本語',
  '\u{1f4bf} disc',
  'é',
  'tab\there',
  'a "b" c',
  '%41%zz',
  'a,b;c=d',
  '%C3%BC',
];

for (const mount of MOUNTS)
  describe(`texts, ${mount.name}`, () => {
    const host = new Host(mount).hooks();

    it('travel as UTF-8 bytes both ways', async () => {
      for (const text of TEXTS) {
        const headers = { 'x-image-meta-name': text, 'x-image-meta-property-text': text };
        const image = await host.client().reserve(headers);
        assert.equal(image.name, text);
        assert.equal(image.properties.text, text);
        const answer = await host.client().ask(`/v1/images/${image.id}`, { method: 'HEAD' });
        assert.equal(header(answer, 'x-image-meta-name'), text);
        assert.equal(header(answer, 'x-image-meta-property-text'), text);
        const list = await host.client().ask(`/v1/images?name=${encodeURIComponent(text)}`);
        assert.ok(list.text.includes(image.id), text);
      }
    });

    it('that are no UTF-8 are read as Latin-1', async () => {
      const socket = await RawSocket.open(host.url);
      const more = { 'X-Auth-Token': 'ann:blue:member', 'Content-Length': '0', Connection: 'close' };
      const url = `${host.url}/v1/images`;
      await socket.send(requestHead('POST', url, { ...more, 'x-image-meta-name': 'gr\xfc\xdf' }));
      await socket.untilClosed();
      assert.ok(Buffer.from(socket.received, 'latin1').includes('"name":"grüß"'), socket.received);
    });

    it('with controls never reach a header', async () => {
      const { id } = await host.client().reserve();
      const hostile = ['a\r\nX-Evil: 1', 'a\nb', 'a\rb', '\0', '\x1b[31m', '\x7f'];
      for (const value of hostile) {
        const body = JSON.stringify({ name: value, properties: { p: value, [`k${value}`]: 'x', ok: 'yes' } });
        const headers = { 'content-type': 'application/json' };
        const image = imageOf(await host.client().ask('/v1/images', { method: 'POST', headers, body }), 201);
        assert.equal(image.properties.p, value);
        for (const method of ['HEAD', 'GET']) {
          const answer = await host.client().ask(`/v1/images/${image.id}`, { method });
          assert.equal(answer.status, method === 'HEAD' ? 200 : 404);
          assert.equal(answer.headers['x-evil'], undefined);
          if (method === 'HEAD') assert.equal(answer.headers['x-image-meta-property-ok'], 'yes');
          assert.equal(answer.headers['x-image-meta-property-p'], undefined);
          assert.equal(answer.headers['x-image-meta-name'], undefined);
        }
        assert.equal((await host.client().detail(image.id)).name, value);
      }
      assert.equal(await host.client().status(id), 'queued');
    });

    it('that are quoted in errors hold no controls', async () => {
      const body = JSON.stringify({ 'bad\r\nX-Evil: 1\x1b': 'x' });
      const headers = { 'content-type': 'application/json' };
      const answer = await host.client().ask('/v1/images', { method: 'POST', headers, body });
      assert.equal(answer.status, 400);
      assert.doesNotMatch(answer.text.replace(/^400 Bad Request\n\n/, '').trimEnd(), /\p{Cc}/u);
    });

    it('named like parts of JavaScript objects are properties like any other', async () => {
      const keys = ['__proto__', 'constructor', 'prototype', 'tostring', 'hasownproperty'];
      const headers = Object.fromEntries(keys.map((key) => [`x-image-meta-property-${key}`, `of ${key}`]));
      const expected = new Map(keys.map((key) => [key, `of ${key}`]));
      const json = { 'content-type': 'application/json' };
      const entries = keys.map((key) => `${JSON.stringify(key)}:"of ${key}"`).join();
      const body = `{"name":"j","properties":{${entries}}}`;
      const made = [
        await host.client().reserve(headers),
        imageOf(await host.client().ask('/v1/images', { method: 'POST', headers: json, body }), 201),
      ];
      for (const { id, properties } of made) {
        assert.deepEqual(new Map(Object.entries(properties)), expected);
        assert.deepEqual(new Map(Object.entries((await host.client().detail(id)).properties)), expected);
        const answer = await host.client().ask(`/v1/images/${id}`, { method: 'HEAD' });
        for (const key of keys) assert.equal(answer.headers[`x-image-meta-property-${key}`], `of ${key}`);
        const found = await host.client().ask('/v1/images?limit=100&property-__proto__=of+__proto__');
        assert.ok(found.text.includes(id));
        const other = await host.client().ask('/v1/images?limit=100&property-valueof=x');
        assert.ok(!other.text.includes(id));
        const keep = { 'x-glance-registry-purge-props': 'false', 'x-image-meta-property-constructor': 'new' };
        const put = await host.client().ask(`/v1/images/${id}`, { method: 'PUT', headers: keep });
        const now = new Map([...expected, ['constructor', 'new']]);
        assert.deepEqual(new Map(Object.entries(imageOf(put, 200).properties)), now);
      }
      const plain: Record<string, unknown> = {};
      assert.equal(Object.getPrototypeOf(plain), Object.prototype);
      assert.equal(typeof plain.constructor, 'function');
    });

    it('of empty headers are null', async () => {
      const image = await host.client().reserve({ 'x-image-meta-name': '', 'x-image-meta-property-e': '' });
      assert.equal(image.name, null);
      assert.deepEqual(image.properties, { e: null });
      const answer = await host.client().ask(`/v1/images/${image.id}`, { method: 'HEAD' });
      assert.equal(
        'x-image-meta-property-e' in answer.headers || 'x-image-meta-name' in answer.headers,
        false,
      );
    });
  });

describe('percent escapes', () => {
  const glance = { 'user-agent': 'python-glanceclient' };
  const cases = [
    [true, glance, 'Ubuntu 10.04 ü'],
    [true, { 'user-agent': 'curl/8' }, 'Ubuntu%2010.04%20%C3%BC'],
    [true, {}, 'Ubuntu%2010.04%20%C3%BC'],
    [false, glance, 'Ubuntu%2010.04%20%C3%BC'],
  ] as const;
  for (const [lenientClients, agent, expected] of cases)
    it(`with lenientClients ${lenientClients}, ${JSON.stringify(agent)}: ${expected}`, async () => {
      const host = new Host(MOUNTS[1], 'memory', { lenientClients });
      await host.start();
      try {
        const sent = 'Ubuntu%2010.04%20%C3%BC';
        const headers = { ...agent, 'x-image-meta-name': sent, 'x-image-meta-property-p': sent };
        const image = await host.client().reserve(headers);
        assert.equal(image.name, expected);
        assert.equal(image.properties.p, expected);
        const broken = await host.client().reserve({ ...agent, 'x-image-meta-name': '100%' });
        assert.equal(broken.name, '100%');
      } finally {
        await host.stop();
      }
    });
});
