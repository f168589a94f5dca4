import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RegistryError, isRegistryError } from '../../lib/errors.js';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import { listingPrefix, placeOf } from '../../lib/catalogue/listing-rows.js';
import { sizeBetween } from '../../lib/domain/filters.js';
import type { Image } from '../../lib/domain/image.js';
import type { Scope } from '../../lib/domain/query.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import {
  doomedBlob,
  imageChanges,
  sampleId,
  sampleImage,
  sampleQuery,
  sampleTime,
} from '../support/mounts/sample-images.js';

function isInternal(error: unknown): boolean {
  return isRegistryError(error, 'internal');
}

describe('image catalogue', () => {
  let space: PlainKeySpace;
  let catalogue: ImageCatalogue;

  beforeEach(async () => {
    space = new PlainKeySpace();
    catalogue = new ImageCatalogue(new CatalogueSpace(space));
    await catalogue.open();
    space.resetCounts();
  });

  afterEach(async () => {
    assert.deepEqual(space.rows, space.derivedRows);
    await catalogue.close();
  });

  async function add(n: number, changes: Partial<Image> = {}): Promise<Image> {
    const created = await catalogue.create(sampleImage(n, changes));
    assert.ok(created);
    return created.image;
  }

  it('gives back what was created', async () => {
    const image = await add(1, { properties: Object.fromEntries([['__proto__', 'x']]), name: 'a\ud800' });
    assert.deepEqual(await catalogue.get(image.id), { image, revision: 1 });
    assert.equal(await catalogue.get(sampleId(2)), undefined);
    assert.equal(await catalogue.get('../no id'), undefined);
  });

  it('creates an id once, whoever else tries', async () => {
    const names = Array.from({ length: 20 }, (_, n) => `name ${n}`);
    const created = await Promise.all(names.map((name) => catalogue.create(sampleImage(1, { name }))));
    const winners = created.filter((versioned) => versioned !== undefined);
    assert.equal(winners.length, 1);
    assert.deepEqual(await catalogue.get(sampleId(1)), winners[0]);
    assert.deepEqual(await catalogue.list(sampleQuery()), [winners[0]!.image]);
  });

  it('does not give the id of a deleted image again', async () => {
    await add(1);
    await catalogue.update(sampleId(1), (image) => ({
      ...image,
      status: 'deleted',
      deleted_at: sampleTime(5),
    }));
    assert.equal(await catalogue.create(sampleImage(1)), undefined);
    assert.equal((await catalogue.get(sampleId(1)))?.image.status, 'deleted');
    assert.deepEqual(await catalogue.list(sampleQuery()), []);
    assert.equal((await catalogue.list(sampleQuery({ statuses: ['deleted'] }))).length, 1);
  });

  it('replaces what has not changed since it was read', async () => {
    const first = { image: await add(1), revision: 1 };
    const second = await catalogue.replace(first, { ...first.image, min_ram: 1 });
    assert.equal(second?.image.min_ram, 1);
    assert.equal(await catalogue.replace(first, { ...first.image, min_ram: 2 }), undefined);
    assert.deepEqual(await catalogue.get(first.image.id), second);
    await assert.rejects(catalogue.replace(second, sampleImage(2)), isInternal);
  });

  it('loses no update under contention', async () => {
    await add(1);
    const updates = Array.from({ length: 50 }, () =>
      catalogue.update(sampleId(1), (image) => ({ ...image, min_ram: image.min_ram + 1 })),
    );
    const results = await Promise.all(updates);
    const { image, revision } = (await catalogue.get(sampleId(1)))!;
    assert.deepEqual([image.min_ram, revision], [50, 51]);
    assert.equal(new Set(results.map((result) => result?.image.min_ram)).size, 50);
    assert.ok(space.counts.commits > 51, 'some had to try again');
  });

  it('leaves an image alone when the change says so, and passes on what the change throws', async () => {
    const image = await add(1);
    assert.deepEqual(await catalogue.update(image.id, () => null), { image, revision: 1 });
    const refuse = (): never => {
      throw new RegistryError('forbidden', 'no');
    };
    await assert.rejects(catalogue.update(image.id, refuse), /no/);
    assert.equal(await catalogue.update(sampleId(2), refuse), undefined);
    assert.equal(space.counts.commits, 1);
  });

  it('gives up on an image that never stands still', async () => {
    await add(1);
    let tries = 0;
    const others = new ImageCatalogue(new CatalogueSpace(space));
    await others.open();
    const update = catalogue.update(sampleId(1), (image) => {
      tries++;
      void others.replace({ image, revision: tries }, { ...image, min_ram: tries });
      return { ...image, min_ram: -1 };
    });
    await assert.rejects(update, (error) => isRegistryError(error, 'unavailable'));
  });

  it('passes on an outage', async () => {
    await add(1);
    space.before = () => {
      throw new RegistryError('unavailable', 'down');
    };
    const isDown = (error: unknown): boolean => isRegistryError(error, 'unavailable');
    await assert.rejects(catalogue.get(sampleId(1)), isDown);
    await assert.rejects(catalogue.list(sampleQuery()), isDown);
    await assert.rejects(catalogue.create(sampleImage(2)), isDown);
    await assert.rejects(
      catalogue.update(sampleId(1), (image) => image),
      isDown,
    );
    await assert.rejects(catalogue.withChores(sampleTime(9), 1), isDown);
  });

  it('touches only the rows that change', async () => {
    const image = await add(1, { owner: 'me' });
    await catalogue.update(image.id, (old) => ({ ...old, name: 'new', updated_at: sampleTime(99) }));
    const { addRows, removeRows } = space.changes.at(-1)!;
    const rowsOf = (now: Image): string[] =>
      (['name', 'updated_at'] as const).flatMap((field) =>
        [
          { kind: 'visibility', visibility: 'public' } as const,
          { kind: 'owner', project: 'me', visibility: 'public' } as const,
        ].map((scope) => `a${listingPrefix(scope, 'active', false, field)}${placeOf(now, field)}`),
      );
    assert.deepEqual([...removeRows].sort(), rowsOf(image).sort());
    assert.deepEqual(
      [...addRows].sort(),
      rowsOf({ ...image, name: 'new', updated_at: sampleTime(99) }).sort(),
    );
    await catalogue.update(image.id, (old) => ({ ...old, min_ram: 7 }));
    assert.deepEqual([space.changes.at(-1)!.addRows, space.changes.at(-1)!.removeRows], [[], []]);
  });

  it('keeps the index true to the records, whatever happens to them', async () => {
    const step = fc.tuple(fc.nat(4), imageChanges);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const fresh = new PlainKeySpace();
        const images = new ImageCatalogue(new CatalogueSpace(fresh));
        await images.open();
        for (const [n, changes] of steps) {
          const created = await images.create(sampleImage(n, changes));
          if (created === undefined) await images.update(sampleId(n), (image) => ({ ...image, ...changes }));
          assert.deepEqual(fresh.rows, fresh.derivedRows);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('shows nothing that has left the listing after its row was read, and fills the page with others', async () => {
    for (let n = 0; n < 10; n++) await add(n);
    const changes: Partial<Image>[] = [
      { visibility: 'private' },
      { status: 'deleted' },
      { hidden: true },
      { name: 'somewhere else' },
    ];
    for (const [n, change] of changes.entries()) {
      space.before = async (call) => {
        if (call !== 'get') return;
        space.before = () => undefined;
        await catalogue.update(sampleId(n), (image) => ({ ...image, ...change }));
      };
      const listed = await catalogue.list(sampleQuery({ sort: [{ key: 'name', dir: 'asc' }], limit: 3 }));
      assert.deepEqual(
        listed.map(({ id }) => id),
        [n + 1, n + 2, n + 3].map(sampleId),
      );
    }
  });

  it('shows an image once that moves ahead while it is listed', async () => {
    for (let n = 0; n < 300; n++) await add(n, { name: String(n).padStart(3, '0') });
    const all = { test: () => true };
    let scans = 0;
    space.before = async (call) => {
      if (call !== 'scan' || ++scans !== 2) return;
      await catalogue.update(sampleId(0), (image) => ({ ...image, name: '250x' }));
    };
    const query = sampleQuery({ sort: [{ key: 'name', dir: 'asc' }], limit: 300, filters: [all] });
    const listed = (await catalogue.list(query)).map(({ id }) => id);
    assert.equal(listed.length, new Set(listed).size);
    assert.equal(listed.length, 300);
    assert.ok(scans > 1);
  });

  it('shows an image once that moves in the index of a filter', async () => {
    for (let n = 0; n < 400; n++) await add(n);
    const large = sizeBetween(390, undefined, false);
    const scopes: Scope[] = [
      { kind: 'visibility', visibility: 'public' },
      { kind: 'owner', project: 'owner' },
    ];
    const bySize = `a${listingPrefix({ kind: 'visibility', visibility: 'public' }, 'active', false, 'size')}`;
    let moved = false;
    space.before = async (call, ranges) => {
      if (call !== 'scan' || !ranges?.some(({ start }) => start.startsWith(bySize))) return;
      moved = true;
      await catalogue.update(sampleId(395), (image) => ({ ...image, size: 1000 }));
    };
    const query = sampleQuery({
      scopes,
      filters: [large],
      sort: [{ key: 'created_at', dir: 'asc' }],
      limit: 50,
    });
    const listed = (await catalogue.list(query)).map(({ id }) => id);
    assert.ok(moved);
    assert.deepEqual(
      listed,
      Array.from({ length: 10 }, (_, n) => sampleId(390 + n)),
    );
  });

  it('passes over rows whose record is gone', async () => {
    for (let n = 0; n < 3; n++) await add(n);
    await space.commit({
      key: `image/${sampleId(2)}`,
      expected: 1,
      value: null,
      addRows: [],
      removeRows: [],
    });
    const listed = await catalogue.list(sampleQuery({ limit: 2 }));
    assert.deepEqual(
      listed.map(({ id }) => id),
      [1, 0].map(sampleId),
    );
    await space.commit({
      key: `image/${sampleId(2)}`,
      expected: 0,
      value: { ...sampleImage(2) },
      addRows: [],
      removeRows: [],
    });
  });

  it('finds images with blobs to remove, the longest due first', async () => {
    const due = new Map([
      [5, 10],
      [3, 30],
      [1, 20],
      [4, 99],
    ]);
    for (const [n, at] of due)
      await add(n, {
        blobs: [doomedBlob(1, sampleTime(at)), doomedBlob(2, sampleTime(100))],
        status: 'deleted',
      });
    await add(2);
    const idsOf = (images: Image[]): string[] => images.map(({ id }) => id);
    assert.deepEqual(idsOf(await catalogue.withChores(sampleTime(30), 2)), [5, 1].map(sampleId));
    assert.deepEqual(idsOf(await catalogue.withChores(sampleTime(9), 9)), []);
    space.before = async (call) => {
      if (call !== 'get') return;
      space.before = () => undefined;
      await catalogue.update(sampleId(5), (image) => ({ ...image, blobs: [] }));
    };
    assert.deepEqual(idsOf(await catalogue.withChores(sampleTime(30), 2)), [1, 3].map(sampleId));
    assert.deepEqual(idsOf(await catalogue.withChores(sampleTime(98), 9)), [1, 3].map(sampleId));
  });

  it('buries images deleted long ago: nothing but the id is kept', async () => {
    for (const n of [1, 2, 3]) await add(n, { status: 'deleted' });
    await add(4, { status: 'deleted', blobs: [doomedBlob(1, sampleTime(1))] });
    await add(5);
    const old = await catalogue.deletedBefore(sampleTime(3), 9);
    assert.deepEqual(
      old.map(({ id }) => id),
      [1, 2].map(sampleId),
    );
    assert.equal(await catalogue.bury(sampleId(1)), true);
    assert.equal(await catalogue.bury(sampleId(1)), false);
    assert.equal(await catalogue.get(sampleId(1)), undefined);
    assert.equal(await catalogue.create(sampleImage(1)), undefined);
    assert.deepEqual(space.rows, space.derivedRows);
  });

  it('counts what a project owns, as far as is asked', async () => {
    for (const n of [1, 2, 3]) await add(n, { owner: 'me', hidden: n === 3 });
    await add(4, { owner: 'me', status: 'deleted' });
    await add(5, { owner: 'you' });
    assert.equal(await catalogue.countOwned('me', 9), 3);
    assert.equal(await catalogue.countOwned('me', 2), 2);
    assert.equal(await catalogue.countOwned('nobody', 2), 0);
  });

  it('refuses images with a malformed id or time', async () => {
    await assert.rejects(catalogue.create(sampleImage(1, { id: 'x' })), isInternal);
    await assert.rejects(catalogue.create(sampleImage(1, { created_at: 'yesterday' })), isInternal);
  });
});
