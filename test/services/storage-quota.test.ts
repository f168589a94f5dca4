import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import { UsageBook } from '../../lib/catalogue/usage-book.js';
import { storedBytes } from '../../lib/domain/blob-entries.js';
import { StorageQuota } from '../../lib/services/storage-quota.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import { sampleBlob, sampleId, sampleImage } from '../support/mounts/sample-images.js';

const LIMIT = 1000;
const BYTES = 400;
const ROOM = { blob: sampleId(1), image: sampleId(1) };

describe('the storage of a project', () => {
  let space: PlainKeySpace;
  let catalogue: ImageCatalogue;
  let book: UsageBook;
  let quota: StorageQuota;

  beforeEach(async () => {
    space = new PlainKeySpace();
    const records = new CatalogueSpace(space);
    catalogue = new ImageCatalogue(records);
    await catalogue.open();
    book = new UsageBook(records);
    quota = quotaOf(3_600_000);
    // An upload of unknown size, whose bytes are on their way.
    const blob = sampleBlob(1, { location: null, state: 'writing', reserved: 0 });
    await catalogue.create(sampleImage(1, { status: 'saving', blobs: [blob] }));
    await quota.reserve('owner', ROOM, null);
    // So that mocha can end a test whose subject goes on for ever.
    space.before = async () => turn();
  });

  const quotaOf = (recountInterval: number): StorageQuota =>
    new StorageQuota({
      catalogue,
      usage: book,
      what: 'The images may have',
      bytesOf: storedBytes,
      limit: LIMIT,
      recountInterval,
    });
  const activate = async (): Promise<void> => {
    const blobs = [sampleBlob(1, { reserved: BYTES })];
    await catalogue.update(ROOM.image, (image) => ({ ...image, status: 'active', blobs }));
  };
  /** Another process asks for more than there may be, and so counts the images. */
  const recount = (): Promise<void> =>
    assert.rejects(quotaOf(3_600_000).check('owner', LIMIT + 1), { code: 'too_large' });
  const counted = async (): Promise<[stored: number, rooms: number]> => {
    const { bytes, pending } = (await book.get('owner'))!;
    return [bytes, Object.keys(pending).length];
  };

  it('is counted once when an upload is settled twice', async () => {
    await activate();
    await quota.settle('owner', ROOM.blob, BYTES);
    await quota.settle('owner', ROOM.blob, BYTES);
    assert.deepEqual(await counted(), [BYTES, 0]);
  });

  it('is counted once when it is counted anew between the activation and the settling', async () => {
    await activate();
    await recount();
    assert.deepEqual(await counted(), [BYTES, 0]);
    assert.equal((await quota.of('owner')).used, BYTES);
    await quota.settle('owner', ROOM.blob, BYTES);
    assert.deepEqual(await counted(), [BYTES, 0]);
  });

  it('is counted once when the activation comes while it is counted anew', async () => {
    let isCounting = false;
    space.before = async (call) => {
      if (call !== 'scan' || isCounting) return;
      isCounting = true;
      // The rooms have been looked at, the images have not.
      await activate();
    };
    await recount();
    assert.ok(isCounting);
    assert.deepEqual(await counted(), [0, 1]);
    await quota.settle('owner', ROOM.blob, BYTES);
    assert.deepEqual(await counted(), [BYTES, 0]);
  });

  it('keeps the room of an upload that goes on while it is counted anew', async () => {
    await recount();
    assert.deepEqual(await counted(), [0, 1]);
    assert.equal((await quota.of('owner')).used, LIMIT);
  });

  it('is not counted again and again where that takes longer than the time between two counts', async () => {
    const slow = quotaOf(0);
    await assert.rejects(slow.check('owner', LIMIT + 1), { code: 'too_large' });
    const more = { needed: LIMIT + 1, ahead: false };
    await assert.rejects(slow.grow('owner', ROOM, more), { code: 'too_large' });
  });

  it('fails when other processes are faster for ever', async function () {
    this.timeout(30_000);
    const { random } = Math;
    // So that nobody waits before the next try.
    Math.random = () => 0;
    try {
      let commits = 0;
      space.before = async (call) => {
        if (call !== 'commit') return;
        space.before = async () => turn();
        const usage = (await book.get('owner'))!;
        await book.put(usage, usage.revision);
        commits += 1;
        space.before = faster;
      };
      const faster = space.before;
      await assert.rejects(quota.settle('owner', ROOM.blob, BYTES), { code: 'unavailable' });
      assert.equal(commits, 101);
    } finally {
      Math.random = random;
    }
  });
});
