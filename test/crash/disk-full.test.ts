import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import Keyv from 'keyv';
import type { BlobEntry } from '../../lib/domain/image.js';
import { keySpaceFor } from '../../lib/catalogue/adapters/key-space-for.js';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import { diskStore, type BlobStore, type ImageRegistry } from '../../lib/index.js';
import { allImages } from '../support/catalogue/all-images.js';
import { ADMIN, Host } from '../support/mounts/host.js';
import { FORMATS, OCTETS } from '../support/clients/images-client.js';
import { ADMINISTRATOR } from '../support/life/life-images.js';
import { smallDisk, type SmallDisk } from '../support/life/life-mount.js';
import { SourceHost } from '../support/servers/source-host.js';
import { copied, LOOPBACK, post } from '../support/servers/source-images.js';
import { MOUNTS } from '../support/mounts/serve.js';
import { until } from '../support/until.js';

const MIB = 1024 * 1024;
const LONG_AGO = '2024-01-01T00:00:00.000000';

describe('a disk of 8 MiB', () => {
  const source = new SourceHost().hooks();
  const space = keySpaceFor(new Keyv({ throwOnErrors: true }));
  let disk: SmallDisk;
  let blobs: BlobStore;
  let host: Host;
  let registry: ImageRegistry;

  before(async () => {
    disk = await smallDisk(8);
    blobs = diskStore({ path: disk.path });
    host = new Host(MOUNTS[0], 'memory', { ...LOOPBACK, metadata: space, blobs, leaseTime: 0.1 });
    await host.start();
    ({ registry } = host.served);
  });

  after(async () => {
    await host.stop();
    await disk.end();
  });

  async function stored(): Promise<string[]> {
    const found: string[] = [];
    for await (const { location } of blobs.list?.() ?? []) found.push(location);
    return found;
  }

  async function assertKilled(id: string, message: string): Promise<void> {
    assert.equal(await copied(host, id), 'killed');
    assert.equal((await registry.images.show(ADMINISTRATOR, id)).message, message);
  }

  /** Lets the next sweep try at once what could not be removed before. */
  async function blobsOf(id: string): Promise<readonly BlobEntry[]> {
    return (await new ImageCatalogue(new CatalogueSpace(space)).get(id))?.image.blobs ?? [];
  }

  async function makeDue(): Promise<void> {
    const catalogue = new ImageCatalogue(new CatalogueSpace(space));
    for (const { id } of await allImages(catalogue))
      await catalogue.update(id, (image) => ({
        ...image,
        blobs: image.blobs.map((blob) => (blob.due === null ? blob : { ...blob, due: LONG_AGO })),
      }));
  }

  async function upload(
    bytes: number,
    chunked: boolean,
  ): Promise<{ id: string; status: number; text: string }> {
    const id = crypto.randomUUID();
    const headers = { ...OCTETS, ...FORMATS, 'x-image-meta-id': id };
    const question = { method: 'POST', headers, body: Buffer.alloc(bytes), chunked };
    const { status, text } = await host.client().ask('/v1/images', question);
    return { id, status, text };
  }

  describe('that is full', () => {
    afterEach(async () => {
      assert.deepEqual(await readdir(path.join(disk.path, 'staging')), []);
      assert.ok((await registry.verify()).ok);
    });

    for (const [what, chunked] of [
      ['known beforehand', false],
      ['found out on the way', true],
    ] as const)
      it(`answers 413 to data that does not fit, which is ${what}, and keeps nothing of it`, async () => {
        const before = await stored();
        const { id, status, text } = await upload(9 * MIB, chunked);
        assert.deepEqual(
          [status, text.includes('does not fit'), text.includes('/')],
          [413, true, false],
          text,
        );
        await assertKilled(id, 'The image does not fit into the store.');
        assert.deepEqual(await stored(), before);
        assert.ok(
          host.logged.some(({ level, message }) => level === 'warn' && message === 'blob not written'),
        );
      });

    it('kills a copy that does not fit, and keeps nothing of it', async () => {
      const { id, answer } = await post(host.client(), { copy: source.put('/large', Buffer.alloc(9 * MIB)) });
      assert.equal(answer.status, 201);
      await assertKilled(id, 'The image does not fit into the store.');
      assert.deepEqual(await stored(), []);
    });

    it('takes what fits, and has room again after a deletion', async () => {
      for (let round = 0; round < 2; round += 1) {
        const first = await upload(5 * MIB, true);
        assert.equal(first.status, 201);
        assert.equal((await upload(5 * MIB, true)).status, 413);
        assert.equal((await host.client().ask(`/v1/images/${first.id}`)).body.length, 5 * MIB);
        assert.equal((await host.client().ask(`/v1/images/${first.id}`, { method: 'DELETE' })).status, 200);
      }
    });
  });

  describe('that can only be read', () => {
    afterEach(() => disk.remount('rw'));

    it('answers 503 to data, and sends what it has', async () => {
      const there = await upload(MIB, false);
      await disk.remount('ro');
      for (const chunked of [false, true]) {
        const { id, status, text } = await upload(MIB, chunked);
        assert.deepEqual([status, text.includes('The store refuses this operation now.')], [503, true], text);
        await assertKilled(id, 'The store refuses this operation now.');
      }
      const { id } = await post(host.client(), { copy: source.put('/data', Buffer.alloc(1000)) });
      await assertKilled(id, 'The store refuses this operation now.');
      assert.equal((await host.client().ask(`/v1/images/${there.id}`)).body.length, MIB);
      await disk.remount('rw');
      await until('what could not be cleaned up is', async () => {
        await makeDue();
        await registry.sweep();
        const images = await allImages(new ImageCatalogue(new CatalogueSpace(space)));
        return images.every(({ blobs: owned }) => owned.every(({ state }) => state === 'kept'));
      });
      assert.ok((await registry.verify()).ok);
      assert.deepEqual(await readdir(path.join(disk.path, 'staging')), []);
      assert.equal((await stored()).length, 1);
      await host.client().ask(`/v1/images/${there.id}`, { method: 'DELETE' });
    });

    it('keeps the data of deleted images until it can be written', async () => {
      const { id } = await upload(MIB, false);
      await disk.remount('ro');
      host.logged.length = 0;
      assert.equal((await host.client().ask(`/v1/images/${id}`, { method: 'DELETE' })).status, 200);
      assert.equal(await host.client().status(id), '404');
      assert.equal(await host.client(ADMIN).status(id), 'deleted');
      const left = await blobsOf(id);
      assert.deepEqual(
        left.map(({ state, tries }) => [state, tries]),
        [['doomed', 1]],
      );
      assert.ok(host.logged.some((one) => one.message === 'data that nobody needs could not be removed yet'));
      assert.ok((await registry.verify()).ok);
      await disk.remount('rw');
      assert.equal((await registry.sweep()).scrubbed, 0);
      await makeDue();
      assert.equal((await registry.sweep()).scrubbed, 1);
      assert.deepEqual(await stored(), []);
      assert.deepEqual(await blobsOf(id), []);
    });
  });
});
