import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { keySpaceFor } from '../../lib/catalogue/adapters/key-space-for.js';
import { KeyvLmdb } from '../../lib/catalogue/adapters/keyv-lmdb.js';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import type { KeySpace, RecordValue, RowKey } from '../../lib/catalogue/key-space.js';
import { LAYOUT, storedRows, type RowLayout } from '../../lib/catalogue/row-set.js';
import { isRegistryError } from '../../lib/errors.js';
import { scan } from '../../lib/testing/key-space/sample-records.js';
import { allImages } from '../support/catalogue/all-images.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';
import { sampleId, sampleImage } from '../support/mounts/sample-images.js';

/** Rows of another release: one more, of its own kind, for each record that has any. */
function layoutOf(version: number): RowLayout {
  const derive = (key: string, value: RecordValue, indexed: readonly string[]): readonly RowKey[] => {
    const rows = LAYOUT.derive(key, value, indexed);
    return rows.flatMap((row, at) =>
      at === 0 ? [row, `\x70${String.fromCharCode(version)}${row.slice(-16)}`] : [row],
    );
  };
  return { ...LAYOUT, version, derive };
}

const OLD = layoutOf(7);
const NEW = layoutOf(8);
const ALL = { start: '', end: '\xff', limit: 1_000_000 };

const unavailable = (pattern: RegExp) => (error: unknown) => {
  assert.ok(isRegistryError(error, 'unavailable'), String(error));
  assert.match(error.message, pattern);
  return true;
};

/** A key space that fails for ever from a commit on, before or after it is carried out. */
function dyingAt(space: KeySpace, commit: number, side: 'before' | 'after'): KeySpace {
  let commits = 0;
  const dead = new Error('killed');
  return {
    open: () => space.open(),
    rebuild: async (derive) => space.rebuild?.(derive),
    get: (keys, fence) => space.get(keys, fence),
    scanMany: (ranges, fence) => space.scanMany(ranges, fence),
    close: () => Promise.resolve(),
    commit: async (change) => {
      commits += 1;
      if (commits < commit) return space.commit(change);
      if (commits === commit && side === 'after') await space.commit(change);
      throw dead;
    },
  };
}

async function run(space: KeySpace, layout: RowLayout): Promise<number> {
  let done = 0;
  for await (done of new CatalogueSpace(space, layout).reindex());
  return done;
}

/** What is wrong with the rows of a catalogue of that release. */
async function faultsOf(space: KeySpace, layout: RowLayout): Promise<unknown[]> {
  const opened = new CatalogueSpace(space, layout);
  await opened.open();
  const found: unknown[] = [];
  for await (const fault of new ImageCatalogue(opened).checkRows(100)) found.push(fault);
  return found;
}

interface Medium {
  /** A key space on new data. */
  make(): Promise<KeySpace>;
  /** One more on the same data, as another process would have it. */
  again(): Promise<KeySpace>;
  /** Whether several processes may work with it at the same time. */
  readonly shared: boolean;
}

function reindexSuite(name: string, medium: Medium): void {
  describe(name, () => {
    let catalogue: ImageCatalogue;
    let spaces: KeySpace[] = [];

    const another = async (): Promise<KeySpace> => {
      const space = await medium.again();
      spaces.push(space);
      return space;
    };
    const of = async (layout: RowLayout): Promise<CatalogueSpace> =>
      new CatalogueSpace(await another(), layout);
    const reindexTo = async (layout: RowLayout): Promise<number> => run(await another(), layout);
    const faults = async (layout: RowLayout): Promise<unknown[]> => faultsOf(await another(), layout);
    const rowsNow = async (): Promise<RowKey[]> => {
      const space = await another();
      await space.open();
      await space.rebuild?.((key, value) =>
        storedRows(key, value, NEW, { version: 8, indexed: [], generation: 2 }),
      );
      return scan(space, ALL);
    };
    const begin = async (images: number): Promise<ImageCatalogue> => {
      const space = await medium.make();
      spaces.push(space);
      const old = new ImageCatalogue(new CatalogueSpace(space, OLD));
      await old.open();
      for (let n = 0; n < images; n++)
        await old.create(sampleImage(n, n % 3 === 0 ? { status: 'queued' } : {}));
      return old;
    };

    beforeEach(async () => {
      catalogue = await begin(12);
      await catalogue.create(sampleImage(12, { status: 'deleted' }));
      await catalogue.bury(sampleId(12));
    });
    afterEach(async () => {
      await Promise.all(spaces.map((space) => space.close()));
      spaces = [];
    });

    it('is asked for in words at start, and so is a newer release', async () => {
      const newer = new ImageCatalogue(await of(NEW));
      await assert.rejects(newer.open(), unavailable(/rows of version 7, .* needs version 8: .*reindex/));
      await reindexTo(NEW);
      await newer.open();
      await assert.rejects(
        (await of(OLD)).open(),
        unavailable(/rows of version 8, a newer release .*up to version 7/),
      );
      await assert.rejects(reindexTo(OLD), unavailable(/newer release/));
    });

    it('makes all rows anew, and leaves none of the old ones', async () => {
      const images = await allImages(catalogue);
      assert.equal(await reindexTo(NEW), 14);
      assert.deepEqual(await faults(NEW), []);
      const after = new ImageCatalogue(await of(NEW));
      await after.open();
      assert.deepEqual(await allImages(after), images);
      assert.ok((await rowsNow()).every((row) => row.startsWith('\0') || row.startsWith('b')));
      assert.equal(await after.get(sampleId(12)), undefined);
      assert.equal(await after.create(sampleImage(12)), undefined, 'the tombstone is kept');
      assert.ok(await after.create(sampleImage(13)));
      assert.deepEqual(await faults(NEW), []);
      assert.equal(await reindexTo(NEW), 0);
      assert.equal(await reindexTo(layoutOf(9)), 15);
      assert.deepEqual(await faults(layoutOf(9)), []);
    });

    it('lets the older release read until it is done, and nobody change anything; then refuses it', async () => {
      const reindex = (await of(NEW)).reindex();
      await reindex.next();
      assert.equal((await allImages(catalogue)).length, 12);
      await assert.rejects(catalogue.create(sampleImage(20)), unavailable(/locked, by a reindex/));
      await assert.rejects(
        catalogue.update(sampleId(1), (image) => ({ ...image, name: 'other' })),
        unavailable(/locked/),
      );
      // One that starts meanwhile is no better off.
      const started = new ImageCatalogue(await of(OLD));
      await started.open();
      assert.equal((await allImages(started)).length, 12);
      await assert.rejects(started.create(sampleImage(20)), unavailable(/locked/));
      await assert.rejects((await of(NEW)).open(), unavailable(/begun and is not finished: .*reindex/));
      for await (const _ of reindex);
      for (const old of [catalogue, started]) {
        await assert.rejects(allImages(old), unavailable(/version 8.* now, this process works with 7/));
        await assert.rejects(old.get(sampleId(1)), unavailable(/version 8/));
        await assert.rejects(old.create(sampleImage(20)), unavailable(/version 8/));
      }
    });

    it('goes on after a kill at any step', async () => {
      for (const side of ['before', 'after'] as const)
        for (let commit = 1, ended = false; !ended; commit++) {
          await begin(5);
          ended = await run(dyingAt(await another(), commit, side), NEW).then(
            () => true,
            () => false,
          );
          await reindexTo(NEW);
          assert.deepEqual(await faults(NEW), [], `killed ${side} commit ${commit}`);
          assert.ok((await rowsNow()).every((row) => row.startsWith('\0') || row.startsWith('b')));
          if (ended) assert.ok(commit > 4, 'there are several steps');
        }
    });

    it('is needed by another choice of properties, too, and not by one who makes none', async () => {
      const chosen = { ...OLD, indexed: ['kernel', 'architecture'] };
      await assert.rejects(
        (await of(chosen)).open(),
        unavailable(
          /indexes the properties architecture, hypervisor_type, .*, not architecture, kernel: .*reindex/,
        ),
      );
      assert.equal(await reindexTo(chosen), 14);
      await assert.rejects(catalogue.get(sampleId(1)), unavailable(/version 7\.2 now, .* 7\.1/));
      const later = await of(OLD);
      await later.open();
      assert.deepEqual(await later.indexed(), ['architecture', 'kernel']);
      await new ImageCatalogue(later).create(
        sampleImage(30, { properties: { kernel: 'k', os_distro: 'd' } }),
      );
      assert.deepEqual(await faults(chosen), []);
      assert.equal(await reindexTo({ ...NEW, indexed: [] }), 15);
      assert.deepEqual(await faults({ ...NEW, indexed: [] }), []);
      await assert.rejects(
        (await of({ ...NEW, indexed: ['kernel'] })).open(),
        unavailable(/properties \(none\), not kernel/),
      );
    });

    it('is taken back by the older release, and ended by one to another version', async () => {
      const first = (await of(NEW)).reindex();
      await first.next();
      await reindexTo(OLD);
      assert.ok(await catalogue.create(sampleImage(20)));
      await assert.rejects(first.next(), unavailable(/ended by another one/));
      const second = (await of(NEW)).reindex();
      await second.next();
      await second.next();
      await reindexTo(layoutOf(9));
      await assert.rejects(second.next(), unavailable(/newer release/));
      assert.deepEqual(await faults(layoutOf(9)), []);
    });

    it('has nothing to do where there is nothing, and takes over nothing that has no version', async () => {
      spaces.push(await medium.make());
      assert.equal(await reindexTo(NEW), 0);
      await (await of(NEW)).open();
      for (const rows of [['\x01\x10row of release 0.1.0'], []]) {
        const stateless = await medium.make();
        spaces.push(stateless);
        await stateless.open();
        await stateless.rebuild?.(() => []);
        const key = rows.length === 0 ? 'registry' : `image/${sampleId(1)}`;
        await stateless.commit({ key, expected: 0, value: {}, addRows: rows, removeRows: [] });
        await assert.rejects((await of(NEW)).open(), unavailable(/0\.1\.0/));
        await assert.rejects(reindexTo(NEW), unavailable(/0\.1\.0/));
      }
    });

    if (!medium.shared) return;

    it('shared by several processes is done once', async () => {
      const three = [await another(), await another(), await another()];
      for (const space of three) await space.open();
      const done = await Promise.all(three.map((space) => run(space, NEW)));
      assert.equal(
        done.reduce((sum, count) => sum + count, 0),
        14,
      );
      assert.deepEqual(await faults(NEW), []);
    });

    it('is not needed by two that start at the same time', async () => {
      spaces.push(await medium.make());
      const [one, two] = [await another(), await another()];
      for (const space of [one, two]) await space.open();
      const both = [new CatalogueSpace(one, OLD), new CatalogueSpace(two, OLD)] as const;
      await Promise.all(both.map((space) => space.open()));
      assert.ok(await new ImageCatalogue(both[0]).create(sampleImage(1)));
      assert.equal((await allImages(new ImageCatalogue(both[1]))).length, 1);
    });
  });
}

describe('reindexing', () => {
  let folder = '';
  let redis: TestRedis;
  let keyvs: Keyv[] = [];
  let count = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reindex-'));
    redis = await startRedis();
  });
  afterEach(async () => {
    await Promise.all(keyvs.map((keyv) => keyv.disconnect()));
    keyvs = [];
  });
  after(async () => {
    await redis.stop();
    await rm(folder, { recursive: true });
  });
  const spaceOn = (keyv: Keyv): Promise<KeySpace> => {
    keyvs.push(keyv);
    return Promise.resolve(keySpaceFor(keyv));
  };
  const medium = (shared: boolean, keyv: () => Keyv): Medium => ({
    make: () => {
      count += 1;
      return spaceOn(keyv());
    },
    again: () => spaceOn(keyv()),
    shared,
  });

  reindexSuite(
    'LMDB',
    medium(true, () => {
      const store = new KeyvLmdb({ path: join(folder, String(count)) });
      return new Keyv({ store, throwOnErrors: true });
    }),
  );
  reindexSuite(
    'Redis',
    medium(true, () => new Keyv(new KeyvRedis(redis.url), { namespace: `reindex-${count}` })),
  );
  const maps = new Map<number, Map<string, unknown>>();
  reindexSuite(
    'any Keyv',
    medium(false, () => {
      const map = maps.get(count) ?? new Map<string, unknown>();
      maps.set(count, map);
      return new Keyv({ store: map });
    }),
  );
});
