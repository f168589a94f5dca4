import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { Answer, Question } from '../support/clients/ask.js';
import { ADMIN, ANN, BOB, Host } from '../support/mounts/host.js';
import { FORMATS } from '../support/clients/images-client.js';
import { SourceHost } from '../support/servers/source-host.js';
import {
  copied,
  LOOPBACK,
  post,
  put,
  SOURCE_HEADERS,
  type SourceHeader,
} from '../support/servers/source-images.js';

const IN_PATH = 'marker-of-the-path';
const IN_QUERY = 'marker-of-the-query';
const PATH = `/${IN_PATH}/data?sig=${IN_QUERY}`;
const DATA = Buffer.from('data');
const EVENTS = [
  'image.create',
  'image.upload',
  'image.activate',
  'image.update',
  'image.delete',
  'image.copy',
  'image.send',
] as const;

for (const header of Object.keys(SOURCE_HEADERS) as SourceHeader[])
  describe(`the address of a source (${header}) is told to nobody`, () => {
    const source = new SourceHost().hooks();
    const host = new Host(undefined, 'memory', LOOPBACK).hooks();
    const told: string[] = [];
    const seen = new Set<string>();

    before(() => {
      for (const name of EVENTS)
        host.served.registry.events.on(name, (...args: unknown[]) => {
          seen.add(name);
          told.push(inspect(args, { depth: null, showHidden: true }));
        });
    });

    beforeEach(() => {
      source.forget();
      told.length = 0;
      host.logged.length = 0;
    });

    /** Nothing of the address is anywhere but, without its query, in the log. */
    afterEach(() => {
      for (const text of told) assert.doesNotMatch(text, /marker-of/);
      const log = inspect(host.logged, { depth: null, showHidden: true, maxStringLength: null });
      assert.doesNotMatch(log, new RegExp(IN_QUERY));
    });

    function look(answer: Answer): Answer {
      for (const text of [answer.text, JSON.stringify(answer.headers)])
        assert.doesNotMatch(text, /marker-of|127\.0\.0\.1:\d+\/marker/);
      for (const port of [new URL(source.url()).port])
        assert.ok(!answer.text.includes(`:${port}`), `the port of the source: ${answer.text}`);
      return answer;
    }

    async function lookEverywhere(id: string): Promise<void> {
      const one = `/v1/images/${id}`;
      const questions: readonly (readonly [string, Question])[] = [
        [one, { method: 'HEAD' }],
        [one, {}],
        [one, { headers: { range: 'bytes=0-1' } }],
        [one, { headers: { range: 'bytes=9-' } }],
        ['/v1/images', {}],
        ['/v1/images/detail', {}],
        ['/v1/images/detail?changes-since=2000-01-01', {}],
        ['/v1/images/detail?is_public=none', {}],
        [`${one}/members`, {}],
        [one, { method: 'PUT', headers: { 'x-image-meta-name': 'other' } }],
        [one, { method: 'PUT', headers: { 'x-image-meta-location': source.url(PATH) } }],
        [one, { method: 'PUT', headers: { 'x-glance-api-copy-from': source.url(PATH) } }],
      ];
      for (const token of [ANN, ADMIN, BOB])
        for (const accept of ['*/*', 'application/json'])
          for (const [path, question] of questions) {
            const headers = { accept, ...question.headers };
            look(await host.client(token).ask(path, { ...question, headers }));
          }
    }

    it('when all is well', async () => {
      const { id, answer } = await post(host.client(), { [header]: source.put(PATH, DATA) });
      assert.equal(look(answer).status, 201);
      assert.equal(await copied(host, id), 'active');
      await lookEverywhere(id);
      look(await host.client().ask(`/v1/images/${id}`, { method: 'DELETE' }));
      await lookEverywhere(id);
      for (const name of ['image.create', 'image.activate', 'image.update', 'image.send', 'image.delete'])
        assert.ok(seen.has(name), name);
      if (header === 'copy') assert.ok(seen.has('image.copy') && seen.has('image.upload'));
    });

    it('when it is queued first', async () => {
      const { id } = await host.client().reserve(FORMATS);
      look(await put(host.client(), id, { [header]: source.put(PATH, DATA) }));
      await copied(host, id);
      await lookEverywhere(id);
    });

    it('when it cannot be fetched', async () => {
      for (const make of [
        () => source.url(PATH),
        () => source.url(PATH).replace('127.0.0.1', '127.0.0.9'),
        () => source.url(PATH).replace('//', '//user:marker-of-the-password@'),
        () => source.url(PATH).replace('http:', 'gopher:'),
        () =>
          source.on(PATH, (_request, response) => {
            response.writeHead(302, { location: `http://127.0.0.9${PATH}` }).end();
          }),
      ]) {
        const { answer } = await post(host.client(), { [header]: make() });
        assert.ok([400, 404].includes(look(answer).status));
        const { id } = await host.client().reserve(FORMATS);
        look(await put(host.client(), id, { [header]: make() }));
      }
    });

    it('when its data does not come', async () => {
      const url = source.on(PATH, (request, response) => {
        if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 4 }).end();
        else request.destroy();
      });
      const { id } = await post(host.client(), { [header]: url });
      assert.equal(await copied(host, id), header === 'copy' ? 'killed' : 'active');
      await lookEverywhere(id);
      assert.ok(host.logged.some(({ level }) => level === 'warn' || level === 'error'));
    });

    it('when formats, sizes or other sources are wrong', async () => {
      const url = source.put(PATH, DATA);
      look((await post(host.client(), { [header]: url }, {})).answer);
      const sized = { ...FORMATS, 'x-image-meta-size': '5' };
      look((await post(host.client(), { [header]: url }, sized)).answer);
      look((await post(host.client(), { location: url, copy: url })).answer);
    });
  });
