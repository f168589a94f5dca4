import assert from 'node:assert/strict';
import type { Answer } from '../support/clients/ask.js';
import { ADMIN, BOB, onEveryMount, type Host } from '../support/mounts/host.js';
import { listOf } from '../support/clients/images-client.js';

const LONG_AGO = '/v1/images/detail?changes-since=2000-01-01&is_public=none&limit=1000';

const remove = (host: Host, id: string, token?: string): Promise<Answer> =>
  host.client(token).ask(`/v1/images/${id}`, { method: 'DELETE' });

/** The status of an image as `changes-since` shows it to an admin. */
async function changedStatus(host: Host, id: string): Promise<string | undefined> {
  const { images } = listOf(await host.client(ADMIN).ask(LONG_AGO));
  return images.find((image) => image.id === id)?.status;
}

onEveryMount('a deletion', { sweepInterval: 0 }, (host) => {
  it('takes the data at once, and leaves the record to admins', async () => {
    const { id } = await host.client().upload('data', { 'x-image-meta-property-key': 'value' });
    assert.equal((await host.stored()).length, 1);
    const answer = await remove(host, id);
    assert.deepEqual([answer.status, answer.text], [200, '']);
    assert.deepEqual(await host.stored(), []);
    assert.equal(await host.client().status(id), '404');
    const head = await host.client(ADMIN).ask(`/v1/images/${id}`, { method: 'HEAD' });
    assert.equal(head.headers['x-image-meta-status'], 'deleted');
    assert.equal(head.headers['x-image-meta-deleted'], 'True');
    assert.equal(head.headers['x-image-meta-property-key'], undefined);
    assert.equal(await changedStatus(host, id), 'deleted');
    assert.deepEqual([(await remove(host, id)).status, (await remove(host, id, ADMIN)).status], [404, 404]);
    assert.equal((await host.client(ADMIN).ask(`/v1/images/${id}`)).status, 404);
  });

  it('that is refused changes nothing', async () => {
    const { id } = await host.client(ADMIN).upload('data', { 'x-image-meta-is_public': 'true' });
    assert.equal((await remove(host, id, BOB)).status, 403);
    assert.equal((await host.client(BOB).ask(`/v1/images/${id}`)).text, 'data');
    const mine = await host.client().upload('data', { 'x-image-meta-protected': 'true' });
    assert.equal((await remove(host, mine.id)).status, 403);
    assert.equal((await remove(host, mine.id, BOB)).status, 404);
    assert.equal((await host.client().ask(`/v1/images/${mine.id}`)).text, 'data');
    assert.equal((await host.stored()).length, 2);
  });
});

onEveryMount('a delayed deletion', { sweepInterval: 0, delayedDelete: true, scrubTime: 0 }, (host) => {
  it('keeps the data until the next sweep, for nobody', async () => {
    const { id } = await host.client().upload('data');
    assert.equal((await remove(host, id)).status, 200);
    assert.equal((await host.stored()).length, 1);
    assert.equal(await host.client().status(id), '404');
    assert.equal((await host.client().ask(`/v1/images/${id}`)).status, 404);
    assert.equal((await remove(host, id)).status, 404);
    const admin = host.client(ADMIN);
    assert.equal(await admin.status(id), 'pending_delete');
    assert.equal((await admin.ask(`/v1/images/${id}`)).status, 404);
    assert.equal((await remove(host, id, ADMIN)).status, 403);
    const change = { method: 'PUT', headers: { 'x-image-meta-name': 'other' } };
    assert.equal((await admin.ask(`/v1/images/${id}`, change)).status, 403);
    assert.equal(await changedStatus(host, id), 'pending_delete');
    assert.ok((await host.served.registry.verify()).ok);
    assert.deepEqual(await host.served.registry.sweep(), { settled: 0, scrubbed: 1, buried: 0, more: false });
    assert.deepEqual(await host.stored(), []);
    assert.equal(await admin.status(id), 'deleted');
    assert.equal(await changedStatus(host, id), 'deleted');
  });

  it('of an image without data is over at once', async () => {
    const { id } = await host.client().reserve();
    assert.equal((await remove(host, id)).status, 200);
    assert.equal(await host.client(ADMIN).status(id), 'deleted');
  });

  it('that is refused changes nothing', async () => {
    const { id } = await host.client(ADMIN).upload('data', { 'x-image-meta-is_public': 'true' });
    assert.equal((await remove(host, id, BOB)).status, 403);
    await host.served.registry.sweep();
    assert.equal((await host.client(BOB).ask(`/v1/images/${id}`)).text, 'data');
  });
});
