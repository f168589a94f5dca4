import assert from 'node:assert/strict';
import { once } from 'node:events';
import express from 'express';
import { answerTo } from '../support/clients/ask.js';
import { ADMIN, Host, onEveryHost, streams } from '../support/mounts/host.js';
import { FORMATS, imageOf, OCTETS } from '../support/clients/images-client.js';
import { MOUNTS, type Mount } from '../support/mounts/serve.js';
import { until } from '../support/until.js';

const PART = Buffer.alloc(300_000, 'part ');

onEveryHost('uploads that are broken off', {}, (host) => {
  const begin = (path: string, method: string, headers: Readonly<Record<string, string>>) => {
    const all = { ...OCTETS, ...FORMATS, ...headers };
    const request = host.client().start(path, { method, headers: all });
    // Some are destroyed before there is an answer; those that wait for one hear of errors themselves.
    request.on('error', () => undefined);
    request.write(PART);
    return request;
  };

  for (const length of [{ 'content-length': '10000000' }, { 'transfer-encoding': 'chunked' }])
    it(`leave nothing when the client goes, ${Object.keys(length).join()}`, async () => {
      const before = await host.stored();
      const id = crypto.randomUUID();
      const request = begin('/v1/images', 'POST', { ...length, 'x-image-meta-id': id });
      if (streams(host.mount)) {
        await until('the upload goes on', async () => (await host.client().status(id)) === 'saving');
        request.destroy();
        await until('the image is killed', async () => (await host.client().status(id)) === 'killed');
      } else {
        await once(request, 'socket');
        request.destroy();
        assert.equal(await host.client().status(id), '404');
      }
      await until('the data is gone', async () => (await host.stored()).length === before.length);
      assert.equal((await host.client().upload('next')).status, 'active');
    });

  if (!streams(host.mount)) return;

  it('end with 412 when the image is deleted, and leave nothing', async () => {
    const before = await host.stored();
    const id = crypto.randomUUID();
    const request = begin('/v1/images', 'POST', { 'x-image-meta-id': id });
    const answer = answerTo(request);
    await until('the upload goes on', async () => (await host.client().status(id)) === 'saving');
    const gone = await host.client().ask(`/v1/images/${id}`, { method: 'DELETE' });
    assert.equal(gone.status, 200);
    assert.equal((await answer).status, 412);
    request.destroy();
    assert.equal(await host.client().status(id), '404');
    assert.equal(await host.client(ADMIN).status(id), 'deleted');
    await until('the data is gone', async () => (await host.stored()).length === before.length);
  });

  it('refuse a second upload while one goes on, which is not disturbed', async () => {
    const { id } = await host.client().reserve(FORMATS);
    const first = begin(`/v1/images/${id}`, 'PUT', {});
    const answer = answerTo(first);
    await until('the upload goes on', async () => (await host.client().status(id)) === 'saving');
    const question = { method: 'PUT', headers: OCTETS, body: 'second' };
    assert.equal((await host.client().ask(`/v1/images/${id}`, question)).status, 409);
    first.end('the end');
    assert.equal(imageOf(await answer, 200).size, PART.length + 7);
    const { body } = await host.client().ask(`/v1/images/${id}`);
    assert.ok(body.equals(Buffer.concat([PART, Buffer.from('the end')])));
  });

  it('are ended by the close of the registry', async () => {
    const other = new Host(host.mount);
    await other.start();
    const headers = { ...OCTETS, ...FORMATS, 'x-image-meta-id': crypto.randomUUID() };
    const request = other.client().start('/v1/images', { method: 'POST', headers });
    const answer = answerTo(request);
    request.write(PART);
    const id = headers['x-image-meta-id'];
    await until('the upload goes on', async () => (await other.client().status(id)) === 'saving');
    await other.served.registry.close();
    assert.equal((await answer).status, 503);
    request.destroy();
    assert.deepEqual(await other.stored(), []);
    await other.stop();
  });
});

describe('a host app that has read the body', () => {
  const hosts: readonly (readonly [string, Mount['before']])[] = [
    ['swallowed', (app) => app.use((request, _response, next) => void request.resume().on('end', next))],
    [
      'parsed into nothing',
      (app) =>
        app.use(express.raw({ type: () => true, limit: '1mb' }), (request, _response, next) => {
          request.body = undefined;
          next();
        }),
    ],
  ];
  for (const [what, before] of hosts)
    it(`and ${what}: 500 with the reason in the log`, async () => {
      const host = new Host({ ...MOUNTS[2]!, before });
      await host.start();
      try {
        for (const chunked of [false, true]) {
          host.logged.length = 0;
          const headers = { ...OCTETS, ...FORMATS };
          const question = { method: 'POST', headers, body: PART, chunked };
          const answer = await host.client().ask('/v1/images', question);
          assert.equal(answer.status, 500);
          assert.ok(!answer.text.includes('parser'), answer.text);
          const [entry] = host.logged.filter(({ level }) => level === 'error');
          const { err } = entry?.fields as { err: Error };
          assert.match(err.message, /mount createImageRegistry before body parsers/);
        }
        assert.equal((await host.client().reserve()).status, 'queued');
      } finally {
        await host.stop();
      }
    });

  it('as text or bytes: it is taken from request.body', async () => {
    for (const parser of [express.text({ type: () => true }), express.raw({ type: () => true })]) {
      const host = new Host({ ...MOUNTS[2]!, before: (app) => app.use(parser) });
      await host.start();
      try {
        const { id } = await host.client().upload('some text');
        assert.equal((await host.client().ask(`/v1/images/${id}`)).text, 'some text');
        const empty = await host.client().upload('', {}, true);
        assert.equal(empty.size, 0);
      } finally {
        await host.stop();
      }
    }
  });
});
