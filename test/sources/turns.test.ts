import assert from 'node:assert/strict';
import { ANN, BOB, Host } from '../support/mounts/host.js';
import { FORMATS, imageOf } from '../support/clients/images-client.js';
import { begun, SourceHost } from '../support/servers/source-host.js';
import { copied, LOOPBACK, post, put } from '../support/servers/source-images.js';
import { until } from '../support/until.js';

const MIB = 1024 * 1024;

describe('copies', () => {
  const source = new SourceHost().hooks();
  const host = new Host(undefined, 'memory', { ...LOOPBACK, copyConcurrency: 4, copyQueue: 20 }).hooks();

  beforeEach(() => source.forget());

  it('go on as many at a time as the option says, in turn', async () => {
    const held = source.hold('/data', Buffer.alloc(1000));
    const ids: string[] = [];
    for (let count = 0; count < 7; count += 1) ids.push((await post(host.client(), { copy: held.url })).id);
    for (let done = 0; done < ids.length; done += 1) {
      await begun(held, Math.min(2, ids.length - done));
      const statuses = await Promise.all(ids.map((id) => host.client().status(id)));
      const saving = statuses.filter((status) => status === 'saving').length;
      assert.equal(saving, Math.min(2, ids.length - done), statuses.join());
      assert.deepEqual(
        statuses.slice(done + 2),
        ids.slice(done + 2).map(() => 'queued'),
      );
      held.release(1);
      assert.equal(await copied(host, ids[done]!), 'active');
    }
    assert.equal(held.most(), 2);
  });

  it('of one project leave room for those of others, however many they are', async () => {
    const held = source.hold('/data', Buffer.alloc(1000));
    const greedy: string[] = [];
    for (let count = 0; count < 8; count += 1)
      greedy.push((await post(host.client(ANN), { copy: held.url })).id);
    const other = source.put('/other', Buffer.alloc(10));
    const { id } = await post(host.client(BOB), { copy: other });
    assert.equal(await copied(host, id), 'active');
    assert.equal(held.most(), 2);
    for (const one of greedy) {
      await begun(held);
      held.release(1);
      assert.equal(await copied(host, one), 'active');
    }
  });

  it('are refused when too many wait, and leave no record', async () => {
    const held = source.hold('/data', Buffer.alloc(1000));
    const ids: string[] = [];
    for (let count = 0; count < 12; count += 1)
      ids.push((await post(host.client(ANN), { copy: held.url })).id);
    const { id, answer } = await post(host.client(ANN), { copy: held.url });
    assert.equal(answer.status, 503);
    assert.match(String(answer.headers['retry-after']), /^\d+$/);
    assert.equal(await host.client().status(id), '404');
    const reserved = await host.client().reserve(FORMATS);
    assert.equal((await put(host.client(), reserved.id, { copy: held.url })).status, 503);
    assert.equal(await host.client().status(reserved.id), 'queued');
    // Those that are deleted while they wait make room.
    assert.equal((await host.client().ask(`/v1/images/${ids[11]!}`, { method: 'DELETE' })).status, 200);
    await until('one left the queue', async () => {
      const { answer: next, id } = await post(host.client(ANN), { copy: held.url });
      if (next.status === 201) ids[11] = id;
      return next.status === 201;
    });
    for (const one of ids) {
      await begun(held);
      held.release(1);
      assert.equal(await copied(host, one), 'active');
    }
  });

  it('that fail make room for those that wait', async () => {
    const held = source.hold('/data', Buffer.alloc(1000));
    const broken = source.on('/broken', (request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      if (request.method === 'HEAD') response.end();
      else response.destroy();
    });
    const failing: string[] = [];
    for (let count = 0; count < 6; count += 1) failing.push((await post(host.client(), { copy: broken })).id);
    const good = await post(host.client(), { copy: held.url });
    for (const id of failing) assert.equal(await copied(host, id), 'killed');
    await begun(held);
    held.release();
    assert.equal(await copied(host, good.id), 'active');
  });

  it('tell how far they are', async () => {
    const data = Buffer.alloc(40 * MIB + 5, 'x');
    const told: { readonly id: string; readonly bytes: number; readonly size: number | null }[] = [];
    const events: string[] = [];
    host.served.registry.events.on('image.copy', ({ id }, { bytes, size }) => {
      told.push({ id, bytes, size });
      events.push('copy');
    });
    for (const name of ['image.create', 'image.upload', 'image.activate'] as const)
      host.served.registry.events.on(name, () => events.push(name));
    const { id, answer } = await post(host.client(), { copy: source.put('/large', data) });
    assert.equal(imageOf(answer, 201).size, data.length);
    assert.equal(await copied(host, id), 'active');
    await until('the activation is told', () => events.includes('image.activate'));
    assert.equal(told.length, 3);
    for (const [index, { id: of, bytes, size }] of told.entries()) {
      assert.deepEqual([of, size], [id, data.length]);
      assert.ok(bytes > (told[index - 1]?.bytes ?? 0), 'it goes up');
    }
    assert.equal(told.at(-1)?.bytes, data.length);
    assert.deepEqual(events, ['image.create', 'copy', 'copy', 'copy', 'image.upload', 'image.activate']);
  });
});
