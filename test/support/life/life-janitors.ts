import assert from 'node:assert/strict';
import type { BlobStore, ImageRegistry, ImageRegistryOptions } from '../../../lib/index.js';
import { ADMINISTRATOR, OWNER, store } from './life-images.js';
import { LifeStorage, type Medium } from './life-storage.js';

/** Lets calls through when as many of them wait as there are callers. */
class Gate {
  readonly #callers: number;
  #waiting: (() => void)[] = [];

  constructor(callers: number) {
    this.#callers = callers;
  }

  async pass(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length < this.#callers) return;
      for (const go of this.#waiting.splice(0)) go();
    });
  }
}

/** The same store, whose removals wait for each other. */
function gated(inner: BlobStore, gate: Gate): BlobStore {
  return {
    open: async () => inner.open?.(),
    write: (key, data, options) => inner.write(key, data, options),
    read: (location, options) => inner.read(location, options),
    stat: (location) => inner.stat(location),
    list: () => inner.list?.() ?? assert.fail(),
    discard: (key) => inner.discard(key),
    remove: async (location) => {
      await inner.remove(location);
      await gate.pass();
    },
  };
}

/** Defines tests of two registries that sweep the same storage at the same time. */
export function itSweepsTogether(medium: () => Medium): void {
  let storage: LifeStorage;

  beforeEach(async () => {
    storage = await LifeStorage.make(medium());
  });

  afterEach(() => storage.end());

  async function both(options: Partial<ImageRegistryOptions>): Promise<readonly ImageRegistry[]> {
    return [await storage.open(options), await storage.open(options)];
  }

  it('counts the room of removed data once', async () => {
    const blobs = gated(storage.blobs, new Gate(2));
    const options = { delayedDelete: true, userStorageQuota: 1000, leaseTime: 3600, blobs };
    const [one, other] = await both(options);
    assert.ok(one !== undefined && other !== undefined);
    await store(one, Buffer.alloc(400));
    const { id } = await store(one, Buffer.alloc(300));
    await one.images.remove(OWNER, id);
    // Both remove the data before either takes a note of it.
    const reports = await Promise.all([one.sweep(), other.sweep()]);
    assert.deepEqual(
      reports.map(({ scrubbed }) => scrubbed),
      [1, 1],
    );
    assert.equal((await one.images.show(ADMINISTRATOR, id)).status, 'deleted');
    await store(one, Buffer.alloc(600));
    await assert.rejects(store(one, 'x'), { code: 'too_large' });
    assert.ok((await one.verify()).ok);
  });

  it('loses nothing and leaves nothing', async () => {
    const registries = await both({ delayedDelete: true, keepDeletedDays: 1e-9 });
    const [one] = registries;
    assert.ok(one !== undefined);
    const kept: string[] = [];
    const gone: string[] = [];
    for (let count = 0; count < 60; count += 1) {
      const { id } = await store(one, `data ${count}`);
      (count % 4 === 0 ? kept : gone).push(id);
    }
    await Promise.all(gone.map((id) => one.images.remove(OWNER, id)));
    let buried = 0;
    while (buried < gone.length)
      for (const report of await Promise.all(registries.map((registry) => registry.sweep())))
        buried += report.buried;
    assert.equal(buried, gone.length);
    assert.equal((await storage.stored()).length, kept.length);
    for (const id of kept) assert.equal((await one.images.show(OWNER, id)).status, 'active');
    for (const id of gone) await assert.rejects(one.images.show(ADMINISTRATOR, id), { code: 'not_found' });
    for (const registry of registries) {
      const { ok, images } = await registry.verify();
      assert.deepEqual([ok, images], [true, kept.length]);
    }
  });
}
