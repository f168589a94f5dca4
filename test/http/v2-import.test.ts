import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { memoryStore, RegistryError, type BlobStore, type ImageRegistryOptions } from '../../lib/index.js';
import type { Answer } from '../support/clients/ask.js';
import { OCTETS } from '../support/clients/images-client.js';
import { READY, V2Client, type ImageV2 } from '../support/clients/v2-client.js';
import { ADMIN, ANN, BOB, Host, onEveryMount } from '../support/mounts/host.js';
import { SourceHost } from '../support/servers/source-host.js';
import { until } from '../support/until.js';

const DATA = Buffer.alloc(200_000, 'data');
const LOOPBACK = { sources: { networks: ['127.0.0.1/32'] } };
const md5 = createHash('md5').update(DATA).digest('hex');

class Importer extends V2Client {
  stage(id: string, body: Buffer | string = DATA, chunked = false): Promise<Answer> {
    return this.ask(`/v2/images/${id}/stage`, { method: 'PUT', headers: OCTETS, body, chunked });
  }

  import(id: string, name: string, more: object = {}, method: object = {}): Promise<Answer> {
    return this.send('POST', `/v2/images/${id}/import`, { method: { name, ...method }, ...more });
  }

  /** Makes an image with bytes that wait. */
  async staged(body: Buffer | string = DATA): Promise<string> {
    const { id } = await this.create();
    assert.equal((await this.stage(id, body)).status, 204);
    return id;
  }

  /** The image once its last import has ended. */
  async ended(id: string): Promise<ImageV2> {
    await until('the import ends', async () => !('os_glance_import_task' in (await this.show(id))));
    return this.show(id);
  }

  async tasks(id: string): Promise<Task[]> {
    const answer = await this.ask(`/v2/images/${id}/tasks`);
    assert.equal(answer.status, 200, answer.text);
    return (JSON.parse(answer.text) as { tasks: Task[] }).tasks;
  }

  async usage(): Promise<Record<string, { usage: number; limit: number }>> {
    const { text } = await this.ask('/v2/info/usage');
    return (JSON.parse(text) as { usage: Record<string, { usage: number; limit: number }> }).usage;
  }
}

interface Task {
  readonly id: string;
  readonly status: string;
  readonly message: string;
}

/** A store that counts what is written to it, and fails when it is told to. */
class CountingStore {
  readonly inner = memoryStore();
  writes = 0;
  copies = 0;
  fails = false;
  readonly store: BlobStore = {
    write: async (key, data, options) => {
      this.writes += 1;
      if (!this.fails) return this.inner.write(key, data, options);
      data.destroy();
      throw new RegistryError('store_full', 'no room');
    },
    read: (location, options) => this.inner.read(location, options),
    stat: (location) => this.inner.stat(location),
    remove: (location) => this.inner.remove(location),
    discard: (key) => this.inner.discard(key),
    list: () => {
      if (this.inner.list === undefined) throw new Error('it cannot be listed');
      return this.inner.list();
    },
  };

  /** The same, which copies for itself from one other. */
  copyingFrom(other: CountingStore): BlobStore {
    const copy: BlobStore['copy'] = async (from, location, key) => {
      if (from !== other.store) return null;
      this.copies += 1;
      if (this.fails) throw new RegistryError('unavailable', 'no copy');
      return this.inner.write(key, await other.inner.read(location));
    };
    return { ...this.store, copy };
  }

  async count(): Promise<number> {
    let count = 0;
    for await (const _ of this.inner.list?.() ?? []) count += 1;
    return count;
  }
}

onEveryMount('v2 import', LOOPBACK, (host) => {
  const ann = (): Importer => new Importer(host, ANN);

  it('takes staged bytes and data from elsewhere', async () => {
    const source = new SourceHost();
    await source.start();
    try {
      const uri = source.put('/data', DATA);
      const staged = await ann().staged();
      const { id: fetched } = await ann().create();
      for (const [id, answer] of [
        [staged, await ann().import(staged, 'glance-direct')],
        [fetched, await ann().import(fetched, 'web-download', {}, { uri })],
      ] as const) {
        assert.deepEqual([answer.status, answer.text, answer.headers['content-type']], [202, '', undefined]);
        const { status, checksum, size, virtual_size } = await ann().ended(id);
        assert.deepEqual([status, checksum, size, virtual_size], ['active', md5, DATA.length, DATA.length]);
        assert.equal((await ann().ask(`/v2/images/${id}/file`)).text, DATA.toString());
        const [task] = await ann().tasks(id);
        assert.equal(task?.status, 'success');
      }
      assert.equal((await host.served.registry.verify()).ok, true);
    } finally {
      await source.stop();
    }
  });
});

describe('v2 import', () => {
  const source = new SourceHost().hooks();
  let [fast, slow] = [new CountingStore(), new CountingStore()];
  let host: Host;
  let ann: Importer;

  async function start(options: Partial<ImageRegistryOptions> = {}): Promise<void> {
    [fast, slow] = [new CountingStore(), new CountingStore()];
    const stores = { fast: fast.store, slow: slow.store };
    host = new Host(undefined, 'memory', {
      blobs: { stores, defaultStore: 'fast' },
      ...LOOPBACK,
      ...options,
    });
    await host.start();
    ann = new Importer(host, ANN);
  }

  const sound = async (): Promise<void> => {
    const { damaged, orphans, rows } = await host.served.registry.verify();
    assert.deepEqual([damaged.first, orphans.first, rows.first], [[], [], []]);
  };

  afterEach(() => host.stop());

  it('moves no bytes that are staged where they are wanted, and copies them elsewhere', async () => {
    await start();
    const here = await ann.staged();
    await ann.import(here, 'glance-direct');
    assert.equal((await ann.ended(here)).stores, 'fast');
    assert.deepEqual([fast.writes, slow.writes, await fast.count()], [1, 0, 1]);
    const both = await ann.staged();
    await ann.import(both, 'glance-direct', { stores: ['slow', 'fast'] });
    const { stores, checksum } = await ann.ended(both);
    assert.deepEqual([stores, checksum], ['slow,fast', md5]);
    const there = await ann.staged();
    await ann.import(there, 'glance-direct', { stores: ['slow'] });
    assert.equal((await ann.ended(there)).stores, 'slow');
    await until('staged bytes are gone', async () => (await fast.count()) === 2);
    assert.deepEqual([fast.writes, slow.writes, await slow.count()], [3, 2, 2]);
    await sound();
  });

  it('fetches once for all stores', async () => {
    await start();
    source.forget();
    const uri = source.put('/data', DATA);
    const { id } = await ann.create();
    await ann.import(id, 'web-download', { all_stores: true }, { uri });
    assert.equal((await ann.ended(id)).stores, 'fast,slow');
    assert.deepEqual(source.asked, ['GET /data']);
    assert.deepEqual([await fast.count(), await slow.count()], [1, 1]);
    await sound();
  });

  it('keeps nothing when one store of several fails, unless that will do', async () => {
    await start();
    slow.fails = true;
    const uri = source.put('/data', DATA);
    for (const from of ['staged', 'fetched'] as const)
      for (const all_stores_must_succeed of [true, false]) {
        const id = from === 'staged' ? await ann.staged() : (await ann.create()).id;
        const more = { stores: ['fast', 'slow'], all_stores_must_succeed };
        const begun =
          from === 'staged'
            ? await ann.import(id, 'glance-direct', more)
            : await ann.import(id, 'web-download', more, { uri });
        assert.equal(begun.status, 202, begun.text);
        const image = await ann.ended(id);
        const seen = [image.status, image.stores, image.size, image.os_glance_importing_to_stores];
        const wanted = all_stores_must_succeed
          ? ['queued', undefined, null, '']
          : ['active', 'fast', DATA.length, ''];
        assert.deepEqual(seen, wanted, from);
        assert.match(String(image.os_glance_failed_import), /slow/);
        const [task] = await ann.tasks(id);
        assert.equal(task?.status, all_stores_must_succeed ? 'failure' : 'success');
      }
    await until('all else is removed', async () => (await fast.count()) === 2);
    await sound();
  });

  it('copies to further stores, and leaves the image as it was when that fails', async () => {
    await start();
    const admin = new Importer(host, ADMIN);
    const { id } = await ann.upload(DATA);
    assert.equal((await ann.import(id, 'copy-image', { stores: ['slow'] })).status, 403);
    slow.fails = true;
    assert.equal((await admin.import(id, 'copy-image', { stores: ['slow'] })).status, 202);
    const failed = await ann.ended(id);
    assert.deepEqual(
      [failed.status, failed.stores, failed.os_glance_failed_import],
      ['active', 'fast', 'slow'],
    );
    slow.fails = false;
    assert.equal((await admin.import(id, 'copy-image', { all_stores: true })).status, 202);
    const copied = await ann.ended(id);
    assert.deepEqual([copied.stores, copied.os_glance_failed_import], ['fast,slow', '']);
    assert.deepEqual(
      (await admin.tasks(id)).map(({ status }) => status),
      ['failure', 'success'],
    );
    // They are of another project.
    assert.deepEqual(await ann.tasks(id), []);
    await sound();
  });

  it('lets a store copy for itself, and others read once', async () => {
    const [one, two, three] = [new CountingStore(), new CountingStore(), new CountingStore()];
    const stores = { one: one.store, two: two.copyingFrom(one), three: three.store };
    await start({ blobs: { stores, defaultStore: 'one' } });
    const admin = new Importer(host, ADMIN);
    const { id } = await ann.upload(DATA);
    await admin.import(id, 'copy-image', { all_stores: true });
    const image = await ann.ended(id);
    assert.equal(image.stores, 'one,two,three');
    assert.deepEqual([two.copies, two.writes, three.writes, await two.count()], [1, 0, 1, 1]);
    two.fails = true;
    for (const all_stores_must_succeed of [true, false]) {
      const staged = await ann.staged();
      await ann.import(staged, 'glance-direct', { stores: ['two', 'three'], all_stores_must_succeed });
      const { stores: got } = await ann.ended(staged);
      assert.equal(got, all_stores_must_succeed ? undefined : 'three');
    }
    await until('all else is removed', async () => (await one.count()) + (await three.count()) === 3);
    assert.equal((await host.served.registry.verify()).ok, true);
  });

  it('ends with the image, and with the registry', async () => {
    await start();
    const held = source.hold('/held', DATA);
    const { id } = await ann.create();
    await ann.import(id, 'web-download', { stores: ['fast', 'slow'] }, { uri: held.url });
    await until('it has begun', () => Promise.resolve(held.waiting() === 1));
    assert.equal((await ann.import(id, 'web-download', {}, { uri: held.url })).status, 409);
    const during = await ann.show(id);
    assert.deepEqual([during.status, during.os_glance_importing_to_stores], ['importing', 'fast,slow']);
    assert.equal((await ann.ask(`/v2/images/${id}`, { method: 'DELETE' })).status, 204);
    await until('its source is left', () => Promise.resolve(held.waiting() === 0));
    await until('nothing is left', async () => (await fast.count()) + (await slow.count()) === 0);
    const { id: other } = await ann.create();
    await ann.import(other, 'web-download', {}, { uri: held.url });
    await until('the other has begun', () => Promise.resolve(held.waiting() === 1));
    await host.served.registry.close();
    await until('its source is left', () => Promise.resolve(held.waiting() === 0));
    assert.equal(await fast.count(), 0);
  });

  it('offers the methods that the operator has chosen', async () => {
    await start({ importMethods: ['web-download'] });
    const { id } = await ann.create();
    assert.equal((await ann.stage(id)).status, 404);
    assert.equal((await ann.import(id, 'glance-direct')).status, 400);
    const { text } = await ann.ask('/v2/info/import');
    assert.match(text, /"value":\["web-download"\]/);
    const created = await ann.send('POST', '/v2/images', READY);
    assert.equal(created.headers['openstack-image-import-methods'], 'web-download');
  });

  it('holds a project to what it may stage, and tells', async () => {
    await start({ userStagingQuota: '1MB', userStorageQuota: '4MB' });
    const first = await ann.staged(Buffer.alloc(700_000));
    for (const chunked of [false, true]) {
      const { id } = await ann.create();
      assert.equal((await ann.stage(id, Buffer.alloc(400_000), chunked)).status, 413);
      assert.equal((await ann.show(id)).status, 'queued');
    }
    const during = await ann.usage();
    assert.deepEqual(during.image_stage_total, { usage: 1, limit: 1 });
    assert.deepEqual(during.image_size_total, { usage: 0, limit: 4 });
    await ann.import(first, 'glance-direct');
    await ann.ended(first);
    const after = await ann.usage();
    assert.deepEqual([after.image_stage_total?.usage, after.image_size_total?.usage], [0, 1]);
    await ann.staged(Buffer.alloc(900_000));
    await new Importer(host, BOB).staged(Buffer.alloc(900_000));
  });

  it('lets staged bytes go that nobody imports', async () => {
    await start({ stagingTime: 0.001, sweepInterval: 0 });
    const id = await ann.staged();
    await until('they are gone', async () => {
      await host.served.registry.sweep();
      return (await fast.count()) === 0;
    });
    const { status, size } = await ann.show(id);
    assert.deepEqual([status, size], ['queued', null]);
    assert.equal((await ann.stage(id)).status, 204);
    await sound();
  });

  it('tells listeners of what is staged, and how far an import is', async () => {
    await start();
    const told: string[] = [];
    const { events } = host.served.registry;
    events.on('image.stage', ({ status }) => told.push(`staged ${status}`));
    events.on('image.import', ({ status }, { bytes, ...task }) =>
      told.push(`${status} ${task.status} ${bytes}`),
    );
    events.on('image.activate', ({ status }) => told.push(`activated ${status}`));
    const id = await ann.staged();
    await ann.import(id, 'glance-direct', { stores: ['slow'] });
    await ann.ended(id);
    await until('all is told', () => Promise.resolve(told.length === 4));
    const wanted = [
      'staged uploading',
      `importing processing ${DATA.length}`,
      'activated active',
      'active success null',
    ];
    assert.deepEqual(told, wanted);
  });

  it('serves the host app, with an area of its own for what is staged', async () => {
    const area = new CountingStore();
    await start({ staging: area.store });
    const { images } = host.served.registry;
    const caller = { user: 'ann', project: 'blue', roles: [], admin: false, readOnly: false };
    const { id } = await images.create(caller, { disk_format: 'raw', container_format: 'bare' });
    const staged = await images.stage(caller, id, { data: Readable.from([DATA]) }, { size: DATA.length });
    assert.deepEqual(
      [staged.status, staged.size, await area.count(), await fast.count()],
      ['uploading', DATA.length, 1, 0],
    );
    assert.equal((await host.served.registry.verify()).ok, true);
    const { text } = await ann.ask('/v2/info/stores');
    assert.doesNotMatch(text, /staging/);
    assert.equal(
      (await ann.import(id, 'glance-direct', { stores: ['os_glance_staging_store'] })).status,
      409,
    );
    await images.import(caller, id, { method: 'glance-direct', stores: ['slow'] });
    await until('it is active', async () => (await images.show(caller, id)).status === 'active');
    await until('nothing is staged', async () => (await area.count()) === 0);
    const [task] = await images.tasks(caller, id);
    assert.deepEqual([task?.status, task?.backend], ['success', ['slow']]);
  });
});
