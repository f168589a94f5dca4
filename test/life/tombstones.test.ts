import assert from 'node:assert/strict';
import { withDefaults } from '../../lib/defaults.js';
import { none } from '../../lib/index.js';
import { Janitor } from '../../lib/services/janitor.js';
import { CrashParts } from '../support/life/crash-parts.js';
import { ADMIN, onEveryMount } from '../support/mounts/host.js';
import { FORMATS, listOf } from '../support/clients/images-client.js';
import { doomedBlob, sampleImage, sampleTime } from '../support/mounts/sample-images.js';
import { until } from '../support/until.js';

const DAY = 24 * 3_600_000;
const LONG_AGO = '/v1/images/detail?changes-since=2000-01-01&is_public=none';

// A millisecond is less than any day that an operator would name.
onEveryMount('what is left of an image for ever', { sweepInterval: 0, keepDeletedDays: 1e-9 }, (host) => {
  it('is its id, which is never used again', async () => {
    const { id } = await host.client().upload('data');
    const living = await host.client().upload('data');
    const path = `/v1/images/${id}`;
    await host.client().ask(path, { method: 'DELETE' });
    let buried = 0;
    while (buried === 0) ({ buried } = await host.served.registry.sweep());
    assert.equal(buried, 1);
    for (const token of [undefined, ADMIN]) {
      const client = host.client(token);
      assert.equal(await client.status(id), '404');
      for (const method of ['GET', 'PUT', 'DELETE'])
        assert.equal((await client.ask(path, { method })).status, 404, method);
      assert.equal((await client.ask(`${path}/members`)).status, 404);
      assert.equal((await client.ask(`/v1/images?marker=${id}`)).status, 400);
      const headers = { ...FORMATS, 'x-image-meta-id': id };
      assert.equal((await client.ask('/v1/images', { method: 'POST', headers })).status, 409);
    }
    const { images } = listOf(await host.client(ADMIN).ask(LONG_AGO));
    assert.deepEqual(
      images.map((image) => image.id),
      [living.id],
    );
    assert.equal((await host.served.registry.sweep()).buried, 0);
    assert.ok((await host.served.registry.verify()).ok);
  });
});

describe('how long deleted images are kept', () => {
  it('as the option says, counted from the deletion, and as long as there is data', async () => {
    const world = await CrashParts.make();
    const { catalogue, clock } = world.parts;
    await catalogue.open();
    const now = clock.now();
    const dead = { status: 'deleted', updated_at: now, deleted_at: now } as const;
    const left = { blobs: [doomedBlob(1, '9999-01-01T00:00:00.000000')] };
    await catalogue.create(sampleImage(1, dead));
    await catalogue.create(sampleImage(2, { ...dead, ...left }));
    await catalogue.create(sampleImage(3, { ...dead, ...left, status: 'pending_delete' }));
    await catalogue.create(sampleImage(4));
    await catalogue.create(sampleImage(5, { status: 'killed', updated_at: sampleTime(0) }));
    const janitor = new Janitor({ ...world.parts, keepDeleted: 30 * DAY });
    assert.equal((await janitor.sweep()).buried, 0);
    world.putForward(30 * DAY - 60_000);
    assert.equal((await janitor.sweep()).buried, 0);
    world.putForward(120_000);
    assert.equal((await janitor.sweep()).buried, 1);
    const kept = await Promise.all([1, 2, 3, 4, 5].map((n) => world.image(n)));
    assert.deepEqual(
      kept.map((image) => image?.status),
      [undefined, 'deleted', 'pending_delete', 'active', 'killed'],
    );
    assert.deepEqual(world.space.rows, world.space.derivedRows);
  });

  it('thirty days by default, and for ever with 0', async () => {
    assert.equal(withDefaults({ authenticate: none() }).keepDeletedDays, 30);

    const world = await CrashParts.make();
    await world.parts.catalogue.open();
    await world.parts.catalogue.create(sampleImage(1, { status: 'deleted' }));
    world.putForward(10_000 * DAY);
    assert.equal((await new Janitor(world.parts).sweep()).buried, 0);
  });

  it('no longer than that, however many are created and deleted, by sweeps that follow each other at once', async () => {
    const world = await CrashParts.make(60);
    const { catalogue } = world.parts;
    const janitor = new Janitor({ ...world.parts, keepDeleted: 30 * DAY }, { turn: 100 });
    for (let n = 1; n <= 250; n += 1) await catalogue.create(sampleImage(n, { status: 'deleted' }));
    // The interval alone would bury the first hundred of them.
    janitor.start(2 ** 30);
    await until('all are buried', async () => {
      const kept = await Promise.all(Array.from({ length: 250 }, (_, n) => world.image(n + 1)));
      return kept.every((image) => image === undefined);
    });
    await janitor.stop();
    assert.deepEqual(world.space.rows, world.space.derivedRows);
  });
});
