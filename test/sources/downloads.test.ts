import assert from 'node:assert/strict';
import { Host } from '../support/mounts/host.js';
import { begun, SourceHost } from '../support/servers/source-host.js';
import { LOOPBACK, post } from '../support/servers/source-images.js';
import { until } from '../support/until.js';

const DATA = Buffer.alloc(300_000, 'the data of an image');
/** A source may be silent for long: it is not what ends a download here. */
const PATIENT = { sources: { ...LOOPBACK.sources, idleTimeout: 600_000 } };

describe('a download of an image whose data is elsewhere', () => {
  const source = new SourceHost().hooks();
  const host = new Host(undefined, 'memory', PATIENT).hooks();
  const sent: number[] = [];

  before(() => {
    host.served.registry.events.on('image.send', (_image, { bytes }) => sent.push(bytes));
  });

  beforeEach(() => {
    source.forget();
    sent.length = 0;
  });

  async function locate(data = DATA): Promise<string> {
    const { id, answer } = await post(host.client(), { location: source.put('/data', data) });
    assert.equal(answer.status, 201);
    source.asked.length = 0;
    return `/v1/images/${id}`;
  }

  for (const [range, passed, start, end] of [
    ['bytes=0-0', 'bytes=0-0', 0, 0],
    ['bytes=100-199', 'bytes=100-199', 100, 199],
    ['bytes=299999-', 'bytes=299999-299999', 299_999, 299_999],
    ['bytes=-1000', 'bytes=299000-299999', 299_000, 299_999],
    ['bytes=250000-999999999', 'bytes=250000-299999', 250_000, 299_999],
  ] as const)
    it(`passes ${range} on`, async () => {
      const path = await locate();
      const answer = await host.client().ask(path, { headers: { range } });
      assert.equal(answer.status, 206);
      assert.ok(answer.body.equals(DATA.subarray(start, end + 1)));
      assert.equal(answer.headers['content-range'], `bytes ${start}-${end}/${DATA.length}`);
      assert.deepEqual(source.asked, [`GET /data ${passed}`]);
    });

  it('is 416 for a range that is not there, without asking the source', async () => {
    const path = await locate();
    const answer = await host.client().ask(path, { headers: { range: 'bytes=300000-' } });
    assert.equal(answer.status, 416);
    assert.deepEqual(source.asked, []);
  });

  it('is a range though the source knows none', async () => {
    const path = await locate();
    source.on('/data', (_request, response) => {
      response.writeHead(200, { 'content-length': DATA.length }).end(DATA);
    });
    const answer = await host.client().ask(path, { headers: { range: 'bytes=5-14' } });
    assert.deepEqual([answer.status, answer.text], [206, DATA.subarray(5, 15).toString()]);
  });

  it('is 503 while the source is down, and works again after that', async () => {
    const path = await locate();
    await source.stop();
    for (const headers of [{}, { range: 'bytes=0-9' }]) {
      const answer = await host.client().ask(path, { headers });
      assert.equal(answer.status, 503);
      assert.ok(Number(answer.headers['retry-after']) > 0);
      assert.equal(answer.headers['x-image-meta-id'], undefined);
      assert.doesNotMatch(answer.text, /127\.0\.0\.1|ECONN/);
    }
    assert.equal(await host.client().status(path.slice(-36)), 'active');
    assert.deepEqual(sent, []);
  });

  const changes: readonly (readonly [string, () => void])[] = [
    ['is gone', () => source.forget()],
    ['has become shorter', () => void source.put('/data', DATA.subarray(1))],
    ['has become longer', () => void source.put('/data', Buffer.concat([DATA, DATA]))],
    ['has become empty', () => void source.put('/data', Buffer.alloc(0))],
    ['fails', () => void source.on('/data', (_request, response) => response.writeHead(500).end())],
    ['closes the connection', () => void source.on('/data', (request) => request.destroy())],
    [
      'leads to where nobody may go',
      () => {
        source.on('/data', (_request, response) => {
          response.writeHead(302, { location: 'http://127.0.0.2/data' }).end();
        });
      },
    ],
  ];
  for (const [what, change] of changes)
    it(`is 503 when the source ${what}`, async () => {
      await source.stop();
      await source.start();
      const path = await locate();
      change();
      for (const headers of [{}, { range: 'bytes=0-9' }]) {
        const answer = await host.client().ask(path, { headers });
        assert.equal(answer.status, 503, answer.text.slice(0, 100));
        assert.equal(answer.headers['content-range'], undefined);
      }
      assert.deepEqual(sent, []);
    });

  for (const [what, end] of [
    ['breaks off midway', 'destroy'],
    ['ends too early', 'end'],
  ] as const)
    it(`breaks off when the source ${what}`, async () => {
      const path = await locate();
      source.on('/data', (_request, response) => {
        const length = { 'content-length': DATA.length };
        response.writeHead(200, end === 'end' ? { 'transfer-encoding': 'chunked' } : length);
        response.write(DATA.subarray(0, 150_000), () => response[end]());
      });
      await assert.rejects(host.client().ask(path));
      assert.deepEqual(sent, []);
      assert.ok(host.logged.some(({ level }) => level === 'error' || level === 'warn'));
    });

  it('ends the download from the source when its client goes away', async () => {
    const held = source.hold('/data', DATA);
    const { id } = await post(host.client(), { location: held.url });
    const request = host.client().start(`/v1/images/${id}`, {});
    request.on('error', () => undefined);
    request.end();
    await begun(held);
    request.destroy();
    await until('the source is let go', () => held.waiting() === 0);
    assert.deepEqual(sent, []);
  });
});
