import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { freshKey, isClean, rejectsWith, type Bench } from './blob-store-subject.js';
import { eventually, inPieces, KIB, MIB, readAll, sampleBytes } from './sample-data.js';

/** What is written is read again, whole and in parts. */
export function roundTrips(bench: Bench): void {
  const { describe, it } = bench.framework;

  const stored = async (bytes: Buffer, ...pieces: number[]): Promise<string> => {
    const { location, size } = await bench.store().write(freshKey(), inPieces(bytes, ...pieces));
    assert.equal(size, bytes.length);
    assert.ok(location.length > 0 && location.length <= 1000);
    return location;
  };

  describe('what is written is read again', () => {
    const sizes: [string, number, number[]][] = [
      ['an empty blob', 0, [1]],
      ['one byte', 1, [1]],
      ['many small odd chunks', 150_001, [1, 7, 4093]],
      ['exactly one MiB', MIB, [64 * KIB]],
      ['one byte more than a MiB', MIB + 1, [64 * KIB]],
      ['one byte less than two MiB', 2 * MIB - 1, [MIB]],
      ['chunks larger than a MiB', 5 * MIB + 3, [3 * MIB]],
      ['several MiB in socket-sized chunks', 9 * MIB + 11, [65_536, 65_535, 1]],
    ];
    for (const [title, size, pieces] of sizes) {
      it(title, async () => {
        const bytes = sampleBytes(size);
        const location = await stored(bytes, ...pieces);
        assert.equal((await bench.store().stat(location)).size, size);
        assert.ok((await readAll(await bench.store().read(location))).equals(bytes));
        await bench.store().remove(location);
        await isClean(bench, bench.store());
      });
    }

    it('with its size told beforehand', async () => {
      const bytes = sampleBytes(MIB + 5);
      const { location } = await bench
        .store()
        .write(freshKey(), inPieces(bytes, 1000), { size: bytes.length });
      assert.ok((await readAll(await bench.store().read(location))).equals(bytes));
      await bench.store().remove(location);
      await isClean(bench, bench.store());
    });

    it('under the path of its file, where the store has files', async () => {
      const { location } = await bench.store().write(freshKey(), inPieces(sampleBytes(10), 10));
      const file = bench.store().fileOf?.(location);
      if (file !== undefined) assert.match(file ?? '', /^[a-z0-9-]+(\/[a-z0-9-]+)*$/);
      for (const strange of ['', '/', '../x', `../${location}`, `${location}/..`, `/${location}`])
        assert.equal(bench.store().fileOf?.(strange) ?? null, null, strange);
      await bench.store().remove(location);
    });

    it('several blobs written at once', async () => {
      const blobs = Array.from({ length: 8 }, (_none, seed) => sampleBytes(1.5 * MIB + seed, seed));
      const locations = await Promise.all(blobs.map((bytes) => stored(bytes, 50_000)));
      assert.equal(new Set(locations).size, blobs.length);
      const read = await Promise.all(
        locations.map(async (location) => readAll(await bench.store().read(location))),
      );
      for (const [index, bytes] of blobs.entries()) assert.ok(read[index]?.equals(bytes), `blob ${index}`);
      await Promise.all(locations.map((location) => bench.store().remove(location)));
      await isClean(bench, bench.store());
    });

    it('under the longest key', async () => {
      const bytes = sampleBytes(10);
      const { location } = await bench.store().write('k'.repeat(200), inPieces(bytes, 10));
      assert.ok((await readAll(await bench.store().read(location))).equals(bytes));
      await bench.store().remove(location);
    });

    it('a key that is taken is refused, and its blob stays as it is', async () => {
      const [key, bytes] = [freshKey(), sampleBytes(100)];
      const { location } = await bench.store().write(key, inPieces(bytes, 100));
      await rejectsWith(bench.store().write(key, inPieces(sampleBytes(50, 2), 50)), 'key_taken');
      assert.ok((await readAll(await bench.store().read(location))).equals(bytes));
      await bench.store().remove(location);
      await isClean(bench, bench.store());
    });
  });

  describe('ranges', () => {
    const bytes = sampleBytes(2.5 * MIB + 7);
    const last = bytes.length - 1;
    const ranges: [string, { start?: number; end?: number }][] = [
      ['the first byte', { start: 0, end: 0 }],
      ['the last byte', { start: last, end: last }],
      ['the last bytes', { start: last - 99, end: last }],
      ['from a byte to the end', { start: MIB + 1 }],
      ['up to a byte', { end: MIB }],
      ['across MiBs', { start: MIB - 3, end: 2 * MIB + 2 }],
      ['a whole MiB', { start: MIB, end: 2 * MIB - 1 }],
      ['within a MiB', { start: MIB + 100, end: MIB + 5000 }],
      ['all', { start: 0, end: last }],
    ];

    it('give their bytes and no others', async () => {
      const location = await stored(bytes, 100_000);
      for (const [title, range] of ranges) {
        const read = await readAll(await bench.store().read(location, range));
        const expected = bytes.subarray(range.start ?? 0, (range.end ?? last) + 1);
        assert.ok(read.equals(expected), title);
      }
      await bench.store().remove(location);
    });

    it('past the end of the blob fail', async () => {
      const location = await stored(bytes, 100_000);
      for (const range of [{ end: last + 1 }, { start: last + 2 }, { start: last, end: last + MIB }]) {
        const read = async (): Promise<Buffer> => readAll(await bench.store().read(location, range));
        await rejectsWith(read(), 'unavailable', 'blob_not_found');
      }
      await bench.store().remove(location);
    });

    it('that are none are refused', async () => {
      const location = await stored(sampleBytes(10), 10);
      for (const range of [{ start: 3, end: 2 }, { start: -1 }, { end: Number.NaN }, { start: 0.5 }]) {
        await assert.rejects(bench.store().read(location, range), RangeError);
      }
      await bench.store().remove(location);
    });
  });

  describe('readers', () => {
    it('that stall do not make the store read everything', async () => {
      const location = await stored(sampleBytes(24 * MIB), MIB);
      const stream = await bench.store().read(location);
      await eventually('data', () => stream.read() !== null);
      // Time for a store that would read on: others read and write meanwhile.
      for (let turn = 0; turn < 20; turn += 1) await bench.store().stat(location);
      assert.ok(stream.readableLength <= 8 * MIB, `${stream.readableLength} bytes wait for the reader`);
      stream.destroy();
      await bench.store().remove(location);
    });

    it('that leave early or are aborted end the stream', async () => {
      const location = await stored(sampleBytes(8 * MIB), MIB);
      for await (const piece of (await bench.store().read(location)) as AsyncIterable<Buffer>) {
        assert.ok(piece.length > 0);
        break;
      }
      const [abort, reason] = [new AbortController(), new Error('the reader has gone')];
      const stream = await bench.store().read(location, { signal: abort.signal });
      await eventually('data', () => stream.read() !== null);
      abort.abort(reason);
      await assert.rejects(readAll(stream), (error) => error === reason);
      await assert.rejects(
        bench.store().read(location, { signal: abort.signal }),
        (error) => error === reason,
      );
      await bench.store().remove(location);
      await isClean(bench, bench.store());
    });
  });

  if (bench.subject.growing === undefined) {
    it('memory does not grow with the size of a blob', async () => {
      const piece = sampleBytes(64 * KIB);
      const total = 320 * MIB;
      const limit = 160 * MIB;
      const idle = process.memoryUsage().arrayBuffers;
      let most = 0;
      const look = (): void => void (most = Math.max(most, process.memoryUsage().arrayBuffers - idle));
      const pieces = function* (): Generator<Buffer, void> {
        for (let at = 0; at < total; at += piece.length) {
          if (at % MIB === 0) look();
          yield piece;
        }
      };
      const { location } = await bench
        .store()
        .write(freshKey(), Readable.from(pieces(), { objectMode: false }));
      let read = 0;
      for await (const part of (await bench.store().read(location)) as AsyncIterable<Buffer>) {
        read += part.length;
        look();
      }
      await bench.store().remove(location);
      assert.equal(read, total);
      assert.ok(most < limit, `${Math.round(most / MIB)} MiB of buffers for a blob of ${total / MIB} MiB`);
    });
  }
}
