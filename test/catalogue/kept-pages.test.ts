import assert from 'node:assert/strict';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import { fieldIs } from '../../lib/domain/filters.js';
import type { Image } from '../../lib/domain/image.js';
import type { ImageQuery } from '../../lib/domain/query.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import { sampleId, sampleImage, sampleQuery } from '../support/mounts/sample-images.js';

/** A key space that knows at once whether anything was committed. */
class StampedKeySpace extends PlainKeySpace {
  stamp(): string {
    return String(this.changes.length);
  }
}

describe('pages that are kept', () => {
  let space: StampedKeySpace;
  let catalogue: ImageCatalogue;
  /** Nobody else holds the images, as a key space does. */
  let held: Image[][];

  const list = async (changes: Partial<ImageQuery> = {}): Promise<number[]> => {
    const images = await catalogue.list(sampleQuery(changes));
    held.push(images);
    return images.map(({ size }) => size ?? -1);
  };
  /** What is read of the key space. */
  const readBy = async (work: () => Promise<unknown>): Promise<{ scans: number; recordsRead: number }> => {
    space.resetCounts();
    await work();
    const { scans, recordsRead } = space.counts;
    return { scans, recordsRead };
  };
  const nothing = { scans: 0, recordsRead: 0 };

  beforeEach(async () => {
    held = [];
    space = new StampedKeySpace();
    catalogue = new ImageCatalogue(new CatalogueSpace(space));
    await catalogue.open();
    for (let n = 0; n < 300; n++) await catalogue.create(sampleImage(n));
  });

  it('are not read again while nothing is committed', async () => {
    const first = await list({ limit: 10 });
    assert.deepEqual(await readBy(async () => assert.deepEqual(await list({ limit: 10 }), first)), nothing);
  });

  it('are read again after any commit, and show it', async () => {
    const first = await list({ limit: 10 });
    await catalogue.create(sampleImage(1000));
    assert.deepEqual(await list({ limit: 10 }), [1000, ...first.slice(0, 9)]);
    await catalogue.update(sampleId(1000), (image) => ({ ...image, visibility: 'private' }));
    assert.deepEqual(await list({ limit: 10 }), first);
  });

  it('are of one query each: scopes, statuses, hidden, order, limit and place', async () => {
    const others: Partial<ImageQuery>[] = [
      { limit: 11 },
      { scopes: [{ kind: 'owner', project: 'nobody' }] },
      { statuses: ['queued'] },
      { hidden: 'only' },
      { sort: [{ key: 'size', dir: 'asc' }] },
      { from: { image: sampleImage(100), inclusive: false } },
      { from: { image: sampleImage(100), inclusive: true } },
      { from: { image: sampleImage(102), inclusive: false } },
    ];
    const pages: string[] = [];
    for (const changes of [{}, ...others]) {
      const query = { limit: 10, ...changes };
      let page: number[] = [];
      const { scans } = await readBy(async () => (page = await list(query)));
      assert.equal(scans, 1, JSON.stringify(query));
      pages.push(page.join());
      assert.deepEqual(await readBy(async () => assert.deepEqual(await list(query), page)), nothing);
    }
    // Nothing is of nobody, queued, or hidden.
    assert.equal(new Set(pages).size, pages.length - 2);
  });

  it('are none with filters, none that are large, and none on a medium that cannot tell', async () => {
    for (const changes of [{ filters: [fieldIs('disk_format', ['raw'])] }, { limit: 200 }]) {
      await list(changes);
      assert.notDeepEqual(await readBy(() => list(changes)), nothing);
    }
    const plain = new PlainKeySpace();
    catalogue = new ImageCatalogue(new CatalogueSpace(plain));
    await catalogue.open();
    await list();
    plain.resetCounts();
    await list();
    assert.equal(plain.counts.scans, 1);
  });

  it('are none of what was committed to while they were read', async () => {
    let between = async (): Promise<void> => {
      between = () => Promise.resolve();
      await catalogue.create(sampleImage(1000));
    };
    space.before = (call) => (call === 'get' ? between() : undefined);
    const torn = await list({ limit: 10 });
    assert.equal(torn.includes(1000), false);
    assert.equal((await list({ limit: 10 }))[0], 1000);
  });
});
