import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import type { BlobStore } from '../../blobs/blob-store.js';
import { freshKey, isClean, rejectsWith, type Bench } from './blob-store-subject.js';
import { inPieces, MIB, readAll, sampleBytes } from './sample-data.js';

/** What a copy within the medium is, if the store makes any. */
export function copying(bench: Bench): void {
  const { describe, it } = bench.framework;
  const bytes = sampleBytes(2 * MIB + 1);

  const withCopy = async (
    work: (store: BlobStore, copy: Copy, location: string) => Promise<void>,
  ): Promise<void> => {
    const store = bench.store();
    // A store that does not copy has nothing to promise.
    if (store.copy === undefined) return;
    const { location } = await store.write(freshKey(), inPieces(bytes, MIB));
    await work(store, store.copy.bind(store), location);
    await store.remove(location);
    await isClean(bench, store);
  };

  describe('copying, if it copies', () => {
    it('makes another blob of the same bytes', () =>
      withCopy(async (store, copy, location) => {
        const made = await copy(store, location, freshKey());
        assert.ok(made !== null && made.location !== location);
        assert.equal(made.size, bytes.length);
        await store.remove(location);
        assert.ok((await readAll(await store.read(made.location))).equals(bytes));
        await store.remove(made.location);
      }));

    it('copies a blob without bytes', () =>
      withCopy(async (store, copy) => {
        const empty = await store.write(freshKey(), inPieces(Buffer.alloc(0), 1));
        const made = await copy(store, empty.location, freshKey());
        assert.ok(made !== null);
        assert.deepEqual(await store.stat(made.location), { size: 0 });
        await store.remove(empty.location);
        await store.remove(made.location);
      }));

    it('says so when there is no such blob, and when the key is taken', () =>
      withCopy(async (store, copy, location) => {
        const [key, other] = [freshKey(), sampleBytes(100, 2)];
        await rejectsWith(copy(store, freshKey(), key), 'blob_not_found');
        await rejectsWith(copy(store, '../x', key), 'blob_not_found');
        const taken = await store.write(key, inPieces(other, 100));
        await rejectsWith(copy(store, location, key), 'key_taken');
        assert.ok((await readAll(await store.read(taken.location))).equals(other));
        await store.remove(taken.location);
      }));

    it('refuses what is no key, and does not begin after an abort', () =>
      withCopy(async (store, copy, location) => {
        await assert.rejects(copy(store, location, '../x'), TypeError);
        const reason = new Error('too late');
        const aborted = copy(store, location, freshKey(), { signal: AbortSignal.abort(reason) });
        await assert.rejects(aborted, (seen) => seen === reason);
      }));

    it('is none of what lies in another medium', () =>
      withCopy(async (_store, copy, location) => {
        const elsewhere: BlobStore = {
          write: () => Promise.reject(new Error('nothing is written here')),
          read: () => Promise.resolve(Readable.from([])),
          stat: () => Promise.resolve({ size: 0 }),
          remove: () => Promise.resolve(),
          discard: () => Promise.resolve(),
        };
        assert.equal(await copy(elsewhere, location, freshKey()), null);
      }));
  });
}

type Copy = NonNullable<BlobStore['copy']>;
