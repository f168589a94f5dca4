import assert from 'node:assert/strict';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import { doomedBlob, sampleImage } from '../support/mounts/sample-images.js';
import { itSweepsTogether } from '../support/life/life-janitors.js';
import { LifeStorage } from '../support/life/life-storage.js';
import { until } from '../support/until.js';

describe('two registries that sweep at once, on LMDB and disk', () => {
  itSweepsTogether(() => 'LMDB and disk');
});

describe('one sweep', () => {
  let storage: LifeStorage;

  beforeEach(async () => {
    storage = await LifeStorage.make('memory');
  });

  afterEach(() => storage.end());

  it('does not go on for ever, and says when there is more to do', async function () {
    this.timeout(300_000);
    const registry = await storage.open();
    const catalogue = new ImageCatalogue(new CatalogueSpace(storage.space));
    const due = '2024-01-01T00:00:00.000000';
    for (let n = 0; n < 10_150; n += 1) {
      // One that cannot be removed does not hide that there are others.
      const blobs = [{ ...doomedBlob(n, due), store: n === 0 ? 'nowhere' : 'file' }];
      await catalogue.create(sampleImage(n, { status: 'deleted', blobs }));
    }
    const first = await registry.sweep();
    assert.ok(first.scrubbed >= 10_000 && first.scrubbed < 10_100, `${first.scrubbed}`);
    assert.equal(first.more, true);
    const second = await registry.sweep();
    assert.deepEqual([first.scrubbed + second.scrubbed, second.more], [10_149, false]);
    const left = await catalogue.withChores('9999-12-31T23:59:59.999999', 10);
    assert.deepEqual(
      left.flatMap(({ blobs }) => blobs.map(({ store }) => store)),
      ['nowhere'],
    );
  });

  it('goes by a timer, unless the interval is 0', async () => {
    const idle = await storage.open({ sweepInterval: 0 });
    const catalogue = new ImageCatalogue(new CatalogueSpace(storage.space));
    const blobs = [{ ...doomedBlob(1, '2024-01-01T00:00:00.000000'), store: 'file' }];
    await catalogue.create(sampleImage(1, { status: 'deleted', blobs }));
    const left = async (): Promise<number> =>
      (await catalogue.withChores('9999-12-31T23:59:59.999999', 10)).length;
    assert.equal(await left(), 1);
    const swept = await idle.sweep();
    assert.equal(swept.scrubbed, 1);
    await catalogue.create(sampleImage(2, { status: 'deleted', blobs }));
    const busy = await storage.open({ sweepInterval: 0.05 });
    await until('the timer has swept', async () => (await left()) === 0);
    await catalogue.create(sampleImage(3, { status: 'deleted', blobs }));
    await until('it sweeps again', async () => (await left()) === 0);
    assert.ok(busy !== idle);
  });
});
