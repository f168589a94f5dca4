import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { RegistryError } from '../../lib/errors.js';
import { callerOf } from '../../lib/domain/identity.js';
import type { WriteOptions } from '../../lib/blobs/blob-store.js';
import { createImageRegistry, memoryStore, none, type BlobStore } from '../../lib/index.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import { RawSocket } from '../support/clients/raw-socket.js';
import { ANN, Host } from '../support/mounts/host.js';
import { RecordingLog } from '../support/recording-log.js';
import { until } from '../support/until.js';

const CALLER = callerOf({ user: 'ann', project: 'blue', roles: ['member'] });
const QUEUED = { name: 'image', disk_format: 'raw', container_format: 'bare' };
const MULTI = { stores: { fast: memoryStore(), slow: memoryStore() }, defaultStore: 'fast' };

describe('an upload that is broken off before its first byte', () => {
  const host = new Host(undefined, 'memory', { blobs: MULTI }).hooks();

  for (const [version, path] of [
    ['v1', ''],
    ['v2', '/file'],
  ] as const)
    it(`through ${version} leaves the image as it was, for data of another size and in another store`, async () => {
      const { images } = host.served.registry;
      const { id } = await images.create(CALLER, QUEUED);
      const before = await images.show(CALLER, id);
      const target = `${new URL(host.url).pathname.replace(/\/$/, '')}/${version}/images/${id}${path}`;
      const socket = await RawSocket.open(host.url);
      await socket.send(
        `PUT ${target} HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: ${ANN}\r\nContent-Type: application/octet-stream\r\nContent-Length: 100000\r\nX-Image-Meta-Store: slow\r\n\r\n`,
      );
      await until('it is saving', async () => (await images.show(CALLER, id)).status === 'saving');
      socket.destroy();
      await until('it is over', async () => (await images.show(CALLER, id)).status !== 'saving');
      const { status, size, checksum } = await images.show(CALLER, id);
      assert.deepEqual([status, size, checksum], ['queued', before.size, before.checksum]);
      const data = Readable.from([Buffer.from('other data')]);
      const active = await images.upload(CALLER, id, { data });
      assert.deepEqual([active.status, active.size, active.message], ['active', 10, null]);
      // What the other attempt has asked for is forgotten with it, where that was no change of the image.
      if (version === 'v2') assert.deepEqual(active.stores, ['fast']);
    });
});

describe('an upload that fails while the metadata cannot be reached', () => {
  for (const [version, status] of [
    ['v1', 'killed'],
    ['v2', 'queued'],
  ] as const)
    it(`through ${version} is settled by its own process as soon as that is back, without any beat of its heart`, async () => {
      const space = new PlainKeySpace();
      const log = new RecordingLog();
      const registry = createImageRegistry({
        authenticate: none(),
        metadata: space,
        blobs: memoryStore(),
        // A beat in a quarter of an hour, and no sweep at all.
        leaseTime: 3600,
        sweepInterval: 0,
        logger: log,
      });
      await registry.ready();
      const images = registry.images.speaking(version);
      const { id } = await images.create(CALLER, QUEUED);
      const data = new PassThrough();
      const uploading = images.upload(CALLER, id, { data });
      uploading.catch(() => undefined);
      data.write('begin');
      await until('it is saving', async () => (await images.show(CALLER, id)).status === 'saving');
      await until('the data is read', () => data.readableLength === 0);
      let tries = 0;
      space.before = () => {
        tries += 1;
        throw new RegistryError('unavailable', 'down');
      };
      data.destroy(new Error('broken'));
      await assert.rejects(uploading);
      await until('it was tried again', () => tries >= 2);
      assert.ok(log.warnings.includes('a failed upload is settled later'));
      space.before = () => undefined;
      await until('it is settled', async () => (await images.show(CALLER, id)).status === status);
      assert.ok(tries <= 10, `${tries} calls while it was down`);
      const { rows } = await registry.verify();
      assert.equal(rows.count, 0);
      if (version === 'v2') {
        const other = await images.upload(CALLER, id, { data: Readable.from([Buffer.from('other data')]) });
        assert.deepEqual([other.status, other.size], ['active', 10]);
      }
      await registry.close();
    });
});

describe('an upload whose client goes on sending', function () {
  this.timeout(30_000);

  it('ends at once when its image is deleted, without any beat of the heart', async () => {
    const registry = createImageRegistry({
      authenticate: none(),
      metadata: new PlainKeySpace(),
      blobs: memoryStore(),
      leaseTime: 3600,
      sweepInterval: 0,
      logger: new RecordingLog(),
    });
    const { images } = registry;
    const { id } = await images.create(CALLER, QUEUED);
    const data = new PassThrough();
    const uploading = images.upload(CALLER, id, { data });
    data.write('half of it');
    await until('it is saving', async () => (await images.show(CALLER, id)).status === 'saving');
    const ended = assert.rejects(uploading, { code: 'deleted_meanwhile' });
    await images.remove(CALLER, id);
    await ended;
    assert.ok(data.destroyed);
    await registry.close();
  });
});

describe('an upload whose client leaves while the store flushes its data', function () {
  this.timeout(30_000);

  it('leaves no data, and the image says so', async () => {
    const inner = memoryStore();
    let flushing = false;
    const blobs: BlobStore = Object.assign(memoryStore(), {
      write: async (key: string, from: Readable, { signal }: WriteOptions = {}) => {
        await inner.write(key, from);
        flushing = true;
        if (signal?.aborted !== true) await once(signal ?? assert.fail(), 'abort');
        throw signal?.reason;
      },
      discard: (key: string) => inner.discard(key),
    });
    const options = { authenticate: none(), metadata: new PlainKeySpace(), blobs, sweepInterval: 0 };
    const registry = createImageRegistry({ ...options, logger: new RecordingLog() });
    const { images } = registry;
    const { id } = await images.create(CALLER, QUEUED);
    const client = new AbortController();
    const uploading = images.upload(CALLER, id, { data: Readable.from([Buffer.from('data')]) }, client);
    await until('the store has all of it', () => flushing);
    client.abort(new RegistryError('client_gone', 'gone'));
    await assert.rejects(uploading, { code: 'client_gone' });
    const { status, message } = await images.show(CALLER, id);
    assert.deepEqual([status, message], ['killed', 'gone']);
    const left = [];
    for await (const blob of inner.list?.() ?? []) left.push(blob);
    assert.deepEqual(left, []);
    await registry.close();
  });
});
