import assert from 'node:assert/strict';
import { callerOf } from '../../lib/domain/identity.js';
import { ADMIN, Host } from '../support/mounts/host.js';
import { FORMATS, imageOf } from '../support/clients/images-client.js';
import { begun, SourceHost } from '../support/servers/source-host.js';
import { bring, copied, LOOPBACK, md5Of, post, put } from '../support/servers/source-images.js';
import { until } from '../support/until.js';

const DATA = Buffer.alloc(1000, 'data');
const ANN = callerOf({ user: 'ann', project: 'blue', roles: ['member'] });

describe('the size of data from elsewhere', () => {
  const source = new SourceHost().hooks();
  const host = new Host(undefined, 'memory', { ...LOOPBACK, imageSizeCap: 2000 }).hooks();
  const sized = (size: number): Record<string, string> => ({ ...FORMATS, 'x-image-meta-size': String(size) });

  beforeEach(() => source.forget());

  afterEach(async () => {
    const { damaged, orphans, rows } = await host.served.registry.verify();
    assert.deepEqual([damaged.first, orphans.first, rows.first], [[], [], []]);
  });

  it('may be given when it is right', async () => {
    const url = source.put('/data', DATA);
    const located = await post(host.client(), { location: url }, sized(1000));
    assert.equal(imageOf(located.answer, 201).status, 'active');
    const { id } = await post(host.client(), { copy: url }, sized(1000));
    assert.equal(await copied(host, id), 'active');
  });

  it('that is not what the client says of a location is 409, and leaves the image queued', async () => {
    const url = source.put('/data', DATA);
    for (const size of [0, 999, 1001]) {
      const { id, answer } = await post(host.client(), { location: url }, sized(size));
      assert.equal(answer.status, 409, answer.text);
      assert.equal(await host.client().status(id), 'queued');
      // Asking again changes nothing.
      assert.equal((await put(host.client(), id, { location: url })).status, 409);
      assert.equal((await put(host.client(), id, { location: url })).status, 409);
      assert.equal((await host.client().detail(id)).size, size);
    }
  });

  for (const by of ['POST', 'PUT'] as const)
    it(`that is not what the client says of a copy kills the image: ${by}`, async () => {
      const url = source.put('/data', DATA);
      for (const size of [1, 999, 1001]) {
        const id =
          by === 'POST'
            ? (await post(host.client(), { copy: url }, sized(size))).id
            : (await host.client().reserve(sized(size))).id;
        if (by === 'PUT') assert.equal((await put(host.client(), id, { copy: url })).status, 200);
        assert.equal(await copied(host, id), 'killed');
        const { message } = await host.served.registry.images.show(ANN, id);
        const came = size < DATA.length ? 'more' : '1000';
        assert.equal(message, `The size does not match: ${size} bytes were announced, ${came} came.`);
      }
      assert.equal((await host.stored()).length, 1);
    });

  it('and the checksum that the client gives must be those of a copy', async () => {
    const url = source.put('/data', DATA);
    const right = { ...FORMATS, 'x-image-meta-checksum': md5Of(DATA) };
    assert.equal(await copied(host, (await post(host.client(), { copy: url }, right)).id), 'active');
    const wrong = { ...FORMATS, 'x-image-meta-checksum': md5Of(Buffer.from('other')) };
    assert.equal(await copied(host, (await post(host.client(), { copy: url }, wrong)).id), 'killed');
  });

  it('may be 0', async () => {
    const url = source.put('/data', Buffer.alloc(0));
    const located = await post(host.client(), { location: url });
    assert.deepEqual([imageOf(located.answer, 201).status, imageOf(located.answer, 201).size], ['active', 0]);
    const { id, answer } = await post(host.client(), { copy: url });
    assert.equal(imageOf(answer, 201).status, 'queued');
    assert.equal(await copied(host, id), 'active');
    assert.equal((await host.client().detail(id)).checksum, md5Of(Buffer.alloc(0)));
    for (const image of [located.id, id]) {
      const sent = await host.client().ask(`/v1/images/${image}`);
      assert.deepEqual([sent.status, sent.text, sent.headers['content-length']], [200, '', '0']);
    }
  });

  for (const header of ['location', 'copy'] as const)
    for (const by of ['POST', 'PUT'] as const)
      it(`over the cap is 413: ${header} by ${by}`, async () => {
        const { id, answer } = await bring(host.client(), by, {
          [header]: source.put('/data', Buffer.alloc(2001)),
        });
        assert.equal(answer.status, 413);
        assert.doesNotMatch(answer.text, /127\.0\.0\.1/);
        assert.equal(await host.client(ADMIN).status(id), by === 'POST' ? '404' : 'queued');
      });

  it('that a source has told must be what it sends', async () => {
    for (const length of [999, 1001, 2001, 100_000]) {
      const url = source.on('/data', (request, response) => {
        if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 1000 }).end();
        else response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(Buffer.alloc(length));
      });
      const { id } = await post(host.client(), { copy: url });
      assert.equal(await copied(host, id), 'killed', `${length} bytes`);
    }
  });
});

describe('the storage quota of a project', () => {
  const source = new SourceHost().hooks();
  const options = { ...LOOPBACK, userStorageQuota: 1500, leaseTime: 0.1 };
  const host = new Host(undefined, 'memory', options).hooks();

  const remove = async (id: string): Promise<void> => {
    assert.equal((await host.client().ask(`/v1/images/${id}`, { method: 'DELETE' })).status, 200);
  };

  it('holds for copies: one without room is 413 and leaves no record', async () => {
    const { id, answer } = await post(host.client(), { copy: source.put('/data', Buffer.alloc(1501)) });
    assert.equal(answer.status, 413);
    assert.equal(await host.client(ADMIN).status(id), '404');
  });

  it('holds for copies side by side', async () => {
    const held = source.hold('/data', DATA);
    const first = await post(host.client(), { copy: held.url });
    const second = await post(host.client(), { copy: held.url });
    await begun(held);
    // The first of them has taken its room before it has its data.
    if (second.answer.status !== 413) assert.equal(await copied(host, second.id), 'killed');
    held.release();
    assert.equal(await copied(host, first.id), 'active');
    assert.equal((await post(host.client(), { copy: held.url })).answer.status, 413);
    await remove(first.id);
    const { id } = await post(host.client(), { copy: source.put('/all', Buffer.alloc(1500)) });
    assert.equal(await copied(host, id), 'active');
    await remove(id);
  });

  it('has room again after a copy that has failed, or whose image was deleted', async () => {
    for (const how of ['fails', 'is deleted']) {
      const held = source.hold('/data', DATA);
      const { id } = await post(host.client(), { copy: held.url });
      await begun(held);
      if (how === 'fails') {
        await source.stop();
        await source.start();
        assert.equal(await copied(host, id), 'killed');
      } else await remove(id);
      await until('nothing is stored', async () => (await host.stored()).length === 0);
      const next = await post(host.client(), { copy: source.put('/all', Buffer.alloc(1500)) });
      assert.equal(await copied(host, next.id), 'active', how);
      await remove(next.id);
    }
  });

  it('does not count what stays elsewhere', async () => {
    const url = source.put('/data', Buffer.alloc(2000));
    const { id, answer } = await post(host.client(), { location: url });
    assert.equal(imageOf(answer, 201).status, 'active');
    const copy = await post(host.client(), { copy: source.put('/all', Buffer.alloc(1500)) });
    assert.equal(await copied(host, copy.id), 'active');
    await remove(id);
    await remove(copy.id);
  });
});
