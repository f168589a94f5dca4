import assert from 'node:assert/strict';
import type { BlobStore } from '../../blobs/blob-store.js';
import { freshKey, isClean, rejectsWith, type Bench } from './blob-store-subject.js';
import { eventually, inPieces, KIB, MIB, readAll, sampleBytes, stalling } from './sample-data.js';

/** What a full medium and one that is away look like. */
export function trouble(bench: Bench): void {
  const { describe, it } = bench.framework;
  const { subject } = bench;
  const { full, outage } = subject;

  if (full !== undefined) {
    const withFull = async (work: (store: BlobStore) => Promise<void>): Promise<void> => {
      const store = await full();
      try {
        await work(store);
      } finally {
        await subject.destroy(store);
      }
    };
    const fits = async (store: BlobStore): Promise<void> => {
      const { location } = await store.write(freshKey(), inPieces(sampleBytes(256 * KIB), 1000));
      await store.remove(location);
      await isClean(bench, store);
    };

    describe('a full store', () => {
      it('says so, keeps nothing, and takes what fits', () =>
        withFull(async (store) => {
          const data = inPieces(sampleBytes(8 * MIB), 64 * KIB);
          await rejectsWith(store.write(freshKey(), data), 'store_full');
          assert.ok(data.destroyed);
          await isClean(bench, store);
          await fits(store);
        }));

      it('says so of a size that is known beforehand', () =>
        withFull(async (store) => {
          const data = inPieces(sampleBytes(8 * MIB), 64 * KIB);
          await rejectsWith(store.write(freshKey(), data, { size: 8 * MIB }), 'store_full');
          await isClean(bench, store);
          await fits(store);
        }));

      it('counts writes that go on at once', () =>
        withFull(async (store) => {
          const bytes = sampleBytes(900 * KIB);
          const writes = Array.from({ length: 8 }, () => store.write(freshKey(), inPieces(bytes, 64 * KIB)));
          const results = await Promise.allSettled(writes);
          let whole = 0;
          for (const result of results) {
            if (result.status === 'rejected') {
              await rejectsWith(Promise.reject(result.reason as Error), 'store_full');
              continue;
            }
            whole += 1;
            assert.ok((await readAll(await store.read(result.value.location))).equals(bytes));
            await store.remove(result.value.location);
          }
          assert.ok(whole < 5, `${whole} blobs of 900 KiB in less than 4 MiB`);
          await isClean(bench, store);
          await fits(store);
        }));
    });
  }

  if (outage !== undefined) {
    describe('an outage', () => {
      it('is unavailable, never "not found" or done, and passes', async () => {
        const store = bench.store();
        const bytes = sampleBytes(2 * MIB);
        const { location } = await store.write(freshKey(), inPieces(bytes, MIB));
        // Its removal fails, but may come to pass when the medium wakes up.
        const doomed = await store.write(freshKey(), inPieces(bytes, MIB));
        const key = freshKey();
        const { data, taken, go } = stalling(bytes);
        const writing = store.write(key, data);
        writing.catch(() => undefined);
        await eventually('the store takes the first half', taken);

        const end = await outage(store);
        try {
          await rejectsWith(store.stat(location), 'unavailable');
          await rejectsWith(store.read(location), 'unavailable');
          await rejectsWith(store.remove(doomed.location), 'unavailable');
          await rejectsWith(store.discard(key), 'unavailable');
          await rejectsWith(store.write(freshKey(), inPieces(bytes, MIB)), 'unavailable');
          go(bytes);
          await rejectsWith(writing, 'unavailable');
        } finally {
          await end();
        }

        await eventually('the store is back', async () => {
          const [state] = await Promise.allSettled([store.stat(location)]);
          return state.status === 'fulfilled';
        });
        assert.ok((await readAll(await store.read(location))).equals(bytes));
        await store.discard(key);
        await store.remove(location);
        await store.remove(doomed.location);
        await isClean(bench, store);
      });
    });
  }
}
