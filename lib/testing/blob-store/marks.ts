import assert from 'node:assert/strict';
import type { BlobStore } from '../../blobs/blob-store.js';
import { freshKey, isClean, rejectsWith, type Bench } from './blob-store-subject.js';
import { inPieces, KIB, readAll, sampleBytes } from './sample-data.js';

const FIRST = '11111111-1111-4111-8111-111111111111 first';
const SECOND = '22222222-2222-4222-8222-222222222222 second';

/** What the mark of a medium is, if the store has one. */
export function marks(bench: Bench): void {
  const { describe, it } = bench.framework;
  const { subject } = bench;

  const withStore = async (work: (store: BlobStore, mark: Mark) => Promise<void>): Promise<void> => {
    const store = await subject.create();
    try {
      // A store without a mark has nothing to promise.
      if (store.mark !== undefined) await work(store, store.mark.bind(store));
    } finally {
      await subject.destroy(store);
    }
  };

  describe('the mark, if it has one', () => {
    it('is put once, and stays', () =>
      withStore(async (store, mark) => {
        assert.equal(await mark(null), null);
        assert.equal(await mark(null), null);
        assert.equal(await mark(FIRST), FIRST);
        assert.equal(await mark(SECOND), FIRST);
        assert.equal(await mark(null), FIRST);
        await isClean(bench, store);
      }));

    it('is of the characters that a mark has', () =>
      withStore(async (_store, mark) => {
        for (const wrong of ['', 'a'.repeat(201), 'a\nb', '../x', 'ü'])
          await assert.rejects(mark(wrong), TypeError);
        assert.equal(await mark(null), null);
        assert.equal(await mark('a'.repeat(200)), 'a'.repeat(200));
      }));

    it('is the same for all who put one at once', () =>
      withStore(async (store, mark) => {
        const wanted = Array.from({ length: 20 }, (_, index) => `mark-${index}`);
        const answers = await Promise.all(wanted.map((text) => mark(text)));
        assert.equal(new Set(answers).size, 1);
        assert.ok(wanted.includes(answers[0] ?? ''));
        assert.equal(await mark(null), answers[0]);
        await isClean(bench, store);
      }));

    it('disturbs no blob', () =>
      withStore(async (store, mark) => {
        const bytes = sampleBytes(3 * KIB);
        const before = await store.write(freshKey(), inPieces(bytes, KIB));
        await mark(FIRST);
        const after = await store.write(freshKey(), inPieces(bytes, KIB));
        for (const { location } of [before, after]) {
          assert.ok((await readAll(await store.read(location))).equals(bytes));
          await store.remove(location);
          await rejectsWith(store.stat(location), 'blob_not_found');
        }
        await store.discard(freshKey());
        await isClean(bench, store);
      }));

    const { reopen } = subject;
    if (reopen === undefined) return;

    it('is there when the medium is opened again, and the same for two who put one at once', () =>
      withStore(async (store, mark) => {
        const again = await reopen(store);
        try {
          const answers = await Promise.all([mark(FIRST), again.mark?.(SECOND)]);
          assert.equal(answers[0], answers[1]);
          assert.equal(await again.mark?.(null), answers[0]);
          const third = await reopen(store);
          assert.equal(await third.mark?.(null), answers[0]);
          await third.close?.();
        } finally {
          await again.close?.();
        }
      }));
  });
}

type Mark = (wanted: string | null) => Promise<string | null>;
