import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { CatalogueSpace } from '../../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../../lib/catalogue/image-catalogue.js';
import { Clock, timeAfter } from '../../../lib/domain/times.js';
import type { ImageRegistry, PublicImage } from '../../../lib/index.js';
import { OWNER } from './life-images.js';
import { LifeStorage, type Medium } from './life-storage.js';
import { until } from '../until.js';

const ID = '00000000-0000-4000-8000-000000000001';
const FORMATS = { id: ID, disk_format: 'raw', container_format: 'bare' };

/** Defines tests of uploads whose image is taken from them by another registry while their client goes on sending. */
export function itEndsWhatIsNotWanted(medium: () => Medium): void {
  let storage: LifeStorage;
  let here: ImageRegistry;
  let elsewhere: ImageRegistry;
  let data: PassThrough;
  let uploading: Promise<PublicImage>;

  beforeEach(async () => {
    storage = await LifeStorage.make(medium());
    here = await storage.open({ leaseTime: 1 });
    elsewhere = await storage.open();
    data = new PassThrough();
    uploading = here.images.create(OWNER, FORMATS, { data });
    uploading.catch(() => undefined);
    data.write('half of it');
    await until('it is being written', async () => (await statusOf()) === 'saving');
  });

  afterEach(() => storage.end());

  async function statusOf(): Promise<string | undefined> {
    return (await new ImageCatalogue(new CatalogueSpace(storage.space)).get(ID))?.image.status;
  }

  async function assertEnded(code: string, status: string): Promise<void> {
    // The client goes on: nothing but the heartbeat ends it.
    await assert.rejects(uploading, { code, status: 412 });
    assert.ok(data.destroyed);
    const image = await storage.record(ID);
    assert.deepEqual([image.status, image.blobs], [status, []]);
    assert.deepEqual([await storage.stored(), await storage.staged()], [[], []]);
    assert.ok((await elsewhere.verify()).ok);
  }

  it('ends an upload whose image is deleted through another process', async () => {
    await elsewhere.images.remove(OWNER, ID);
    const { blobs } = await storage.record(ID);
    // The writer removes it, and nobody else while it may live.
    assert.deepEqual(
      blobs.map(({ state, due }) => [state, due]),
      [['doomed', null]],
    );
    assert.equal((await elsewhere.sweep()).scrubbed, 0);
    await assertEnded('deleted_meanwhile', 'deleted');
  });

  it('ends an upload that another process has taken for dead', async () => {
    await new ImageCatalogue(new CatalogueSpace(storage.space)).update(ID, (image) => ({
      ...image,
      status: 'killed',
      blobs: image.blobs.map((blob) => ({
        ...blob,
        state: 'doomed',
        process: null,
        due: timeAfter(new Clock().now(), 3_600_000),
      })),
    }));
    await assertEnded('upload_lost', 'killed');
  });
}
