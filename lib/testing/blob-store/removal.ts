import assert from 'node:assert/strict';
import { freshKey, isClean, rejectsWith, type Bench } from './blob-store-subject.js';
import type { Stray } from '../../blobs/blob-store.js';
import { isRegistryError } from '../../errors.js';
import { eventually, inPieces, MIB, sampleBytes, stalling } from './sample-data.js';

/** What is removed is gone, and nothing else. */
export function removal(bench: Bench): void {
  const { describe, it } = bench.framework;
  const bytes = sampleBytes(2 * MIB + 1);

  describe('removing', () => {
    it('removes a blob, once or twice', async () => {
      const store = bench.store();
      const { location } = await store.write(freshKey(), inPieces(bytes, MIB));
      const other = await store.write(freshKey(), inPieces(bytes, MIB));
      await store.remove(location);
      await store.remove(location);
      await rejectsWith(store.stat(location), 'blob_not_found');
      await rejectsWith(store.read(location), 'blob_not_found');
      assert.equal((await store.stat(other.location)).size, bytes.length);
      await store.remove(other.location);
      await isClean(bench, store);
    });

    it('discards what a key has written, and knows no key too', async () => {
      const store = bench.store();
      const key = freshKey();
      const { location } = await store.write(key, inPieces(bytes, MIB));
      await store.discard(key);
      await store.discard(key);
      await store.discard(freshKey());
      await rejectsWith(store.stat(location), 'blob_not_found');
      await isClean(bench, store);
    });

    it('discards what a write leaves that goes on after its key was discarded', async () => {
      const store = bench.store();
      const key = freshKey();
      const { data, go, taken } = stalling(bytes);
      const writing = store.write(key, data);
      const ended = Promise.allSettled([writing]);
      await eventually('the data is taken', taken);
      // As another process does that takes the writer for dead. Behind a guard it is the same process, which must not.
      await store.discard(key).catch((error: unknown) => assert.ok(isRegistryError(error, 'unavailable')));
      go(null);
      await ended;
      await store.discard(key);
      await isClean(bench, store);
    });

    it('lists whole blobs alone, if it lists', async () => {
      const store = bench.store();
      if (store.list === undefined) return;
      const first = await store.write(freshKey(), inPieces(bytes, MIB));
      const second = await store.write(freshKey(), inPieces(sampleBytes(3), 1));
      const found: { location: string; size: number }[] = [];
      for await (const { location, size } of store.list()) found.push({ location, size });
      const order = (a: { location: string }, b: { location: string }): number =>
        a.location < b.location ? -1 : 1;
      assert.deepEqual(found.sort(order), [first, second].sort(order));
      await store.remove(first.location);
      await store.remove(second.location);
    });

    it('tells what lies among the blobs and is none, if it can', async () => {
      const store = bench.store();
      if (store.strays === undefined) return;
      const { location } = await store.write(freshKey(), inPieces(sampleBytes(3), 1));
      assert.deepEqual(await namesOf(store.strays()), []);
      const stray = await bench.subject.stray?.(store);
      if (stray !== undefined) {
        assert.deepEqual(await namesOf(store.strays()), [stray.name]);
        const listed: string[] = [];
        for await (const blob of store.list?.() ?? []) listed.push(blob.location);
        assert.deepEqual(listed, store.list === undefined ? [] : [location]);
        await stray.remove();
      }
      await store.remove(location);
    });
  });
}

async function namesOf(strays: AsyncIterable<Stray>): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of strays) names.push(name);
  return names;
}
