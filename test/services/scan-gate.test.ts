import assert from 'node:assert/strict';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import { callerOf } from '../../lib/domain/identity.js';
import type { ListRequest } from '../../lib/domain/list-request.js';
import { createImageRegistry, none } from '../../lib/index.js';
import { memoryStore } from '../../lib/blobs/memory/memory-store.js';
import type { ImageRegistry } from '../../lib/registry.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import { sampleImage } from '../support/mounts/sample-images.js';

const IMAGES = 2000;

describe('listings that look through all images', () => {
  const space = new PlainKeySpace();
  const reads = { now: 0, most: 0, records: 0 };
  let registry: ImageRegistry;

  const caller = (project: string) => callerOf({ user: 'u', project, roles: ['member'] });
  /** Finds nothing, and has to look at every image for that. */
  const query: ListRequest = { filters: { properties: { color: 'none has one' } }, limit: 10 };

  /** Listings of as many clients of one project, who can leave. */
  function manyScans(): { scans: Promise<unknown>[]; leave: () => void } {
    const clients = Array.from({ length: 50 }, () => new AbortController());
    const scans = clients.map(({ signal }) =>
      registry.images.page(caller('one'), query, { signal }).catch(() => 'left'),
    );
    return {
      scans,
      leave: () => {
        for (const client of clients) client.abort(new Error('gone'));
      },
    };
  }

  before(async () => {
    registry = createImageRegistry({
      metadata: space,
      blobs: memoryStore(),
      authenticate: none(),
      sweepInterval: 0,
    });
    await registry.ready();
    const catalogue = new ImageCatalogue(new CatalogueSpace(space));
    for (let n = 0; n < IMAGES; n += 1) await catalogue.create(sampleImage(n, { visibility: 'public' }));
    space.before = async (call) => {
      if (call !== 'get') return;
      reads.now += 1;
      reads.most = Math.max(reads.most, reads.now);
      await new Promise((resolve) => setImmediate(resolve));
      reads.now -= 1;
    };
  });

  after(() => registry.close());

  beforeEach(() => {
    reads.most = 0;
    space.resetCounts();
  });

  it('read a few slices at a time, of each caller and of all', async () => {
    const many = Array.from({ length: 50 }, () => registry.images.page(caller('one'), query));
    await Promise.all(many);
    assert.equal(reads.most, 2);
    assert.equal(space.counts.recordsRead, 50 * IMAGES);
    const all = Array.from({ length: 50 }, (_, n) => registry.images.page(caller(`p${n}`), query));
    await Promise.all(all);
    assert.equal(reads.most, 4);
  });

  it('let a short one of somebody else through after a few slices', async () => {
    const { scans, leave } = manyScans();
    await new Promise((resolve) => setImmediate(resolve));
    const before = space.counts.gets;
    const found = await registry.images.page(caller('two'), { filters: { protected: false }, limit: 10 });
    assert.equal(found.images.length, 10);
    assert.ok(space.counts.gets - before < 20, `${space.counts.gets - before} slices came before it`);
    leave();
    assert.deepEqual(new Set(await Promise.all(scans)), new Set(['left']));
  });

  it('stop to be read when their clients have gone', async () => {
    const { scans, leave } = manyScans();
    await new Promise((resolve) => setImmediate(resolve));
    leave();
    await Promise.all(scans);
    assert.ok(space.counts.recordsRead <= 4 * 200, `${space.counts.recordsRead} records were read`);
  });

  it('do not wait without a filter', async () => {
    await Promise.all(Array.from({ length: 20 }, () => registry.images.page(caller('one'), { limit: 10 })));
    assert.equal(reads.most, 20);
  });
});
