import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { imageKey, imageRows } from '../../../lib/catalogue/rows.js';
import type { Image } from '../../../lib/domain/image.js';
import type { ImageRegistry, VerifyReport } from '../../../lib/index.js';
import { blobOf, OWNER, store } from './life-images.js';
import { LifeStorage, type Medium } from './life-storage.js';

type Found = Pick<VerifyReport, 'damaged' | 'orphans' | 'strays' | 'rows'>;
const NOTHING = { count: 0, first: [] };

/** Defines tests of what `verify` finds on a medium. */
export function itFindsFaults(medium: () => Medium): void {
  let storage: LifeStorage;
  let registry: ImageRegistry;
  let image: Image;

  beforeEach(async () => {
    storage = await LifeStorage.make(medium());
    registry = await storage.open();
    image = await storage.record((await store(registry, 'some data')).id);
    await store(registry, 'other data');
  });

  afterEach(() => storage.end());

  /** Asserts that it finds this and nothing else. */
  async function assertFinds(found: Partial<Found>): Promise<void> {
    const { damaged, orphans, strays, rows, ok } = await registry.verify();
    const wanted = { damaged: NOTHING, orphans: NOTHING, strays: NOTHING, rows: NOTHING, ...found };
    assert.deepEqual({ damaged, orphans, strays, rows }, wanted);
    assert.equal(ok, Object.keys(found).length === 0);
  }

  const damaged = (reason: string): Partial<Found> => ({
    damaged: { count: 1, first: [{ image: image.id, reason }] },
  });
  const row = (reason: string): Partial<Found> => ({
    rows: { count: 1, first: [{ record: imageKey(image.id), reason }] },
  });

  it('finds nothing wrong with images in every state', async () => {
    await registry.images.create(OWNER);
    await registry.images.create(OWNER, { size: 0 });
    const failed = store(registry, 'data', { checksum: 'wrong' });
    await assert.rejects(failed, { code: 'bad_request' });
    await store(registry, '');
    const gone = await store(registry, 'gone');
    await registry.images.remove(OWNER, gone.id);
    await registry.members.put(OWNER, image.id, 'green');
    await assertFinds({});
    const { images, blobs } = await registry.verify();
    assert.deepEqual([images, blobs], [3, 3]);
  });

  it('finds an image whose data is missing', async () => {
    await storage.blobs.remove(blobOf(image));
    await assertFinds(damaged('its data is missing'));
    await storage.replaceBlob(blobOf(image), Buffer.from('some data'));
    await assertFinds({});
  });

  for (const [what, data] of [
    ['shorter', 'some dat'],
    ['longer', 'some data.'],
    ['empty', ''],
  ] as const)
    it(`finds an image whose data is ${what}`, async () => {
      await storage.replaceBlob(blobOf(image), Buffer.from(data));
      await assertFinds(damaged(`its data has ${data.length} bytes, not 9`));
    });

  it('finds bytes that have changed when it is told to read them', async () => {
    const { ok, images } = await registry.verify({ rehash: true });
    assert.deepEqual([ok, images], [true, 2]);
    await storage.replaceBlob(blobOf(image), Buffer.from('some dota'));
    await assertFinds({});
    const found = await registry.verify({ rehash: true });
    const sha512 = createHash('sha512').update('some dota').digest('hex');
    const reason = `its data has another sha512: ${sha512}`;
    assert.deepEqual([found.ok, found.damaged], [false, damaged(reason).damaged]);
  });

  it('finds a blob that no image has', async () => {
    const key = randomUUID();
    const { location } = await storage.blobs.write(key, Readable.from([Buffer.from('stray')]));
    await assertFinds({ orphans: { count: 1, first: [{ store: 'file', key }] } });
    await storage.blobs.remove(location);
    await assertFinds({});
  });

  it('finds a row of an image that was never there', async () => {
    const never = { ...image, id: randomUUID() };
    const [stray = ''] = imageRows(never, []);
    await storage.changeRows(never.id, [stray], []);
    const reason = 'a row leads to it that is not its own';
    await assertFinds({ rows: { count: 1, first: [{ record: imageKey(never.id), reason }] } });
    await storage.changeRows(never.id, [], [stray]);
    await assertFinds({});
  });

  it('finds a row that is no longer right', async () => {
    const current = await storage.record(image.id);
    const [old = ''] = imageRows({ ...current, status: 'queued' }, []);
    await storage.changeRows(image.id, [old], []);
    await assertFinds(row('a row leads to it that is not its own'));
  });

  it('finds that a row is missing, whichever', async () => {
    const rows = imageRows(await storage.record(image.id), []);
    assert.equal(rows.length, 16);
    for (const one of rows) {
      await storage.changeRows(image.id, [], [one]);
      assert.deepEqual((await registry.verify()).rows, row('it lacks rows of its own').rows);
      await storage.changeRows(image.id, [one], []);
    }
    await assertFinds({});
  });

  it('counts more faults than it names', async () => {
    await Promise.all(
      Array.from({ length: 1100 }, () =>
        storage.blobs.write(randomUUID(), Readable.from([Buffer.from('x')])),
      ),
    );
    const { orphans, ok } = await registry.verify();
    assert.deepEqual([orphans.count, orphans.first.length, ok], [1100, 1000, false]);
  });

  it('stops when it is told to', async () => {
    const reason = new Error('enough');
    await assert.rejects(registry.verify({ signal: AbortSignal.abort(reason) }), reason);
  });
}
