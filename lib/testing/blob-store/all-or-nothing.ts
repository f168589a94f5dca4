import assert from 'node:assert/strict';
import type { Readable } from 'node:stream';
import { freshKey, isClean, rejectsWith, type Bench } from './blob-store-subject.js';
import { eventually, inPieces, MIB, readAll, sampleBytes, stalling } from './sample-data.js';

/** A write that fails leaves nothing, and nothing is seen of one that goes on. */
export function allOrNothing(bench: Bench): void {
  const { describe, it } = bench.framework;
  const half = sampleBytes(3 * MIB);

  /** Begins a write that stands still half way. */
  const halfWay = async (key: string, signal?: AbortSignal) => {
    const { data, taken, go } = stalling(half);
    const writing = bench.store().write(key, data, signal === undefined ? {} : { signal });
    // Seen by the case later on.
    writing.catch(() => undefined);
    await eventually('the store takes the first half', taken);
    return { data, go, writing };
  };

  const nothingIsLeft = async (data: Readable): Promise<void> => {
    assert.ok(data.destroyed, 'the data stream is left open');
    await isClean(bench, bench.store());
  };

  describe('a write is all or nothing', () => {
    it('nothing can be read before it is whole', async () => {
      const key = freshKey();
      const { location } = await bench.store().write(key, inPieces(half, MIB));
      await bench.store().remove(location);
      const { go, writing } = await halfWay(key);
      await rejectsWith(bench.store().stat(location), 'blob_not_found');
      await rejectsWith(bench.store().read(location), 'blob_not_found');
      assert.deepEqual(await listed(bench), []);
      go(sampleBytes(5, 2));
      const written = await writing;
      const read = await readAll(await bench.store().read(written.location));
      assert.ok(read.equals(Buffer.concat([half, sampleBytes(5, 2)])));
      await bench.store().remove(written.location);
      await isClean(bench, bench.store());
    });

    it('an error of the data comes through as it is, and nothing is left', async () => {
      const { data, go, writing } = await halfWay(freshKey());
      const error = new Error('the client has gone');
      go(error);
      await assert.rejects(writing, (seen) => seen === error);
      await nothingIsLeft(data);
    });

    it('data that failed before the write fails it with the same error', async () => {
      const { data } = stalling(half);
      const error = new Error('gone before');
      const failed = new Promise((resolve) => data.once('error', resolve));
      data.destroy(error);
      await failed;
      await assert.rejects(bench.store().write(freshKey(), data), (seen) => seen === error);
      await nothingIsLeft(data);
    });

    it('data that fails before the store reads it fails it with the same error', async () => {
      const { data } = stalling(half);
      const error = new Error('gone at once');
      const writing = bench.store().write(freshKey(), data);
      data.destroy(error);
      await assert.rejects(writing, (seen) => seen === error);
      await nothingIsLeft(data);
    });

    it('the reason of an abort comes through as it is, and nothing is left', async () => {
      const [abort, reason] = [new AbortController(), new Error('deleted meanwhile')];
      const { data, writing } = await halfWay(freshKey(), abort.signal);
      abort.abort(reason);
      await assert.rejects(writing, (seen) => seen === reason);
      await nothingIsLeft(data);
    });

    it('an abort before the write does not let it begin', async () => {
      const reason = new Error('too late');
      const data = inPieces(half, MIB);
      const writing = bench.store().write(freshKey(), data, { signal: AbortSignal.abort(reason) });
      await assert.rejects(writing, (seen) => seen === reason);
      await nothingIsLeft(data);
    });

    it('an abort when all data is there does not leave a blob', async () => {
      const [key, abort] = [freshKey(), new AbortController()];
      const { go, data, writing } = await halfWay(key, abort.signal);
      data.once('end', () => abort.abort(new Error('at the end')));
      go(null);
      await assert.rejects(writing, { message: 'at the end' });
      await nothingIsLeft(data);
      assert.deepEqual(await listed(bench), []);
    });

    it('data that ends without an end is no blob', async () => {
      const { data, writing } = await halfWay(freshKey());
      data.destroy();
      await assert.rejects(writing);
      await nothingIsLeft(data);
      assert.deepEqual(await listed(bench), []);
    });
  });

  describe('keys and locations that are none', () => {
    const bad = [
      '',
      '../x',
      '/etc/passwd',
      'a/../../x',
      'a\0b',
      'A',
      'ü',
      'a b',
      'x'.repeat(201),
      '..',
      '.',
      '*',
      'a:b',
    ];
    for (const text of bad) {
      it(`${JSON.stringify(text.slice(0, 20))} of ${text.length} characters touches nothing`, async () => {
        const bytes = sampleBytes(10);
        const { location } = await bench.store().write(freshKey(), inPieces(bytes, 10));
        const data = inPieces(bytes, 1);
        await assert.rejects(bench.store().write(text, data), TypeError);
        assert.ok(data.destroyed);
        await assert.rejects(bench.store().discard(text), TypeError);
        await rejectsWith(bench.store().read(text), 'blob_not_found');
        await rejectsWith(bench.store().stat(text), 'blob_not_found');
        await Promise.allSettled([bench.store().remove(text)]);
        assert.ok((await readAll(await bench.store().read(location))).equals(bytes));
        await bench.store().remove(location);
        await isClean(bench, bench.store());
      });
    }
  });
}

/** Locations of all blobs; none when the store cannot list. */
async function listed(bench: Bench): Promise<string[]> {
  const locations: string[] = [];
  for await (const { location } of bench.store().list?.() ?? []) locations.push(location);
  return locations;
}
