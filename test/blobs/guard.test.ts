import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { BlobStore, WrittenBlob } from '../../lib/blobs/blob-store.js';
import { guard, type GuardOptions } from '../../lib/blobs/guard/guard.js';
import { memoryStore } from '../../lib/blobs/memory/memory-store.js';
import { isRegistryError, type ErrorCode } from '../../lib/errors.js';
import { inPieces, KIB, readAll, sampleBytes, stalling } from '../../lib/testing/blob-store/sample-data.js';
import { until } from '../support/until.js';
import { RecordingLog } from '../support/recording-log.js';

/** A store that is good but for what is replaced. */
function evil(bad: Partial<BlobStore>): BlobStore {
  return Object.assign(memoryStore(), bad);
}

function guardedBy(
  store: BlobStore,
  options: Partial<GuardOptions> = {},
): { store: BlobStore; log: RecordingLog } {
  const log = new RecordingLog();
  return { store: guard(store, { name: 'evil', deadline: 50, log, ...options }), log };
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

function has(code: ErrorCode, cause?: unknown): (error: unknown) => boolean {
  return (error) => isRegistryError(error, code) && (cause === undefined || error.cause === cause);
}

const bytes = sampleBytes(200 * KIB);

describe('guard', () => {
  it('ends calls that hang', async () => {
    const { store, log } = guardedBy(
      evil({ open: never, close: never, stat: never, remove: never, discard: never, read: never }),
    );
    await assert.rejects(store.open?.() ?? never(), has('unavailable'));
    await assert.rejects(store.stat('k'), has('unavailable'));
    await assert.rejects(store.read('k'), has('unavailable'));
    await assert.rejects(store.remove('k'), has('unavailable'));
    await assert.rejects(store.discard('k'), has('unavailable'));
    await assert.rejects(store.close?.() ?? never(), has('unavailable'));
    const logged = log.entries.map(({ level, fields }) => [
      level,
      fields.store,
      fields.operation,
      fields.key,
    ]);
    assert.deepEqual(logged, [
      ['warn', 'evil', 'open', undefined],
      ['warn', 'evil', 'stat', 'k'],
      ['warn', 'evil', 'read', 'k'],
      ['warn', 'evil', 'remove', 'k'],
      ['warn', 'evil', 'discard', 'k'],
      ['warn', 'evil', 'close', undefined],
    ]);
  });

  it('discards nothing that the store is still writing, though nobody waits for it any more', async () => {
    let end: (error: Error) => void = () => assert.fail('not set');
    const discarded: string[] = [];
    const { store } = guardedBy(
      evil({
        write: () => new Promise((_resolve, reject) => (end = reject)),
        discard: (key) => Promise.resolve(void discarded.push(key)),
      }),
    );
    await assert.rejects(store.write('k', inPieces(bytes, 1000)), has('unavailable'));
    await assert.rejects(store.discard('k'), has('unavailable'));
    await store.discard('another');
    end(new Error('at last'));
    await new Promise((resolve) => setImmediate(resolve));
    await store.discard('k');
    assert.deepEqual(discarded, ['another', 'k']);
  });

  it('names errors that have no name, and keeps their cause', async () => {
    const bug = new TypeError('x is not a function');
    const fail = (): never => {
      throw bug;
    };
    const { store } = guardedBy(
      evil({ stat: fail, read: fail, remove: () => Promise.reject(bug), write: fail }),
    );
    await assert.rejects(store.stat('k'), has('unavailable', bug));
    await assert.rejects(store.read('k'), has('unavailable', bug));
    await assert.rejects(store.remove('k'), has('unavailable', bug));
    await assert.rejects(store.write('k', inPieces(bytes, 1000)), has('unavailable', bug));
  });

  it('refuses bad keys and ranges before the store sees them', async () => {
    const { store } = guardedBy(evil({ write: never, discard: never, read: never }));
    const data = inPieces(bytes, 1000);
    await assert.rejects(store.write('../k', data), TypeError);
    assert.ok(data.destroyed);
    await assert.rejects(store.discard('../k'), TypeError);
    await assert.rejects(store.read('k', { start: 2, end: 1 }), RangeError);
  });

  it('lists what the store lists, and has no list when the store has none', async () => {
    const inner = memoryStore();
    await inner.write('k', inPieces(bytes, 1000));
    const found: unknown[] = [];
    for await (const blob of guardedBy(inner).store.list?.() ?? []) found.push(blob);
    assert.deepEqual(found, [{ key: 'k', location: 'k', size: bytes.length }]);
    const plain = { write: never, read: never, stat: never, remove: never, discard: never } as BlobStore;
    assert.equal('list' in guardedBy(plain).store, false);
    const hanging = evil({ list: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }) });
    const first = guardedBy(hanging).store.list?.()[Symbol.asyncIterator]().next();
    await assert.rejects(first ?? never(), has('unavailable'));
  });

  it('ends the list of the store when nobody wants the rest, and waits for none that hangs', async () => {
    let ended = 0;
    const listing = (hangs: boolean): BlobStore =>
      evil({
        list: async function* () {
          try {
            for (let n = 0; ; n += 1) {
              yield { key: `k${n}`, location: `k${n}`, size: 0 };
              if (hangs) await never();
            }
          } finally {
            ended += 1;
          }
        },
      });
    for await (const { key } of guardedBy(listing(false)).store.list?.() ?? []) if (key === 'k2') break;
    assert.equal(ended, 1);
    const all = async (): Promise<void> => {
      for await (const { key } of guardedBy(listing(true)).store.list?.() ?? []) assert.equal(key, 'k0');
    };
    await assert.rejects(all(), has('unavailable'));
  });

  describe('writing', () => {
    it('fails when the store never takes data, and destroys the data', async () => {
      const { store, log } = guardedBy(evil({ write: never }));
      const data = inPieces(bytes, 1000);
      await assert.rejects(store.write('k', data), has('unavailable'));
      assert.ok(data.destroyed);
      assert.deepEqual(log.entries.at(-1)?.fields.key, 'k');
      assert.equal(log.entries.at(-1)?.level, 'warn');
    });

    it('fails when the store stops taking data, and tells the store', async () => {
      let aborted = false;
      const stall = async (
        _key: string,
        data: Readable,
        { signal }: { signal?: AbortSignal } = {},
      ): Promise<WrittenBlob> => {
        signal?.addEventListener('abort', () => (aborted = true));
        await once(data, 'readable');
        data.read();
        return never();
      };
      await assert.rejects(
        guardedBy(evil({ write: stall })).store.write('k', inPieces(bytes, 1000)),
        has('unavailable'),
      );
      assert.ok(aborted);
    });

    it('waits for a store that does not finish until the caller ends it', async () => {
      const write = async (_key: string, data: Readable): Promise<WrittenBlob> => {
        await readAll(data);
        return never();
      };
      const { store } = guardedBy(evil({ write }));
      const [abort, reason] = [new AbortController(), new Error('deleted meanwhile')];
      let ended = false;
      const writing = store.write('k', inPieces(bytes, 1000), { signal: abort.signal });
      writing.catch(() => (ended = true));
      // Several deadlines of the guard go by, each seen to its end.
      for (let turn = 0; turn < 5; turn += 1) {
        await assert.rejects(guardedBy(evil({ stat: never })).store.stat('k'), has('unavailable'));
      }
      assert.equal(ended, false);
      abort.abort(reason);
      await assert.rejects(writing, (seen) => seen === reason);
    });

    it('waits for a slow client much longer than for the store', async () => {
      const { store } = guardedBy(memoryStore());
      const { data, go } = stalling(bytes);
      const writing = store.write('k', data);
      // Several deadlines of the guard go by, each seen to its end.
      for (let turn = 0; turn < 5; turn += 1) {
        await assert.rejects(guardedBy(evil({ stat: never })).store.stat('k'), has('unavailable'));
      }
      go(null);
      assert.deepEqual(await writing, { location: 'k', size: bytes.length });
    });

    for (const [title, wrong] of [
      ['says that it has more', (size: number) => size + 1],
      ['says that it has less', (size: number) => size - 1],
    ] as const) {
      it(`discards the blob when the store ${title} than came`, async () => {
        const inner = memoryStore();
        const write: BlobStore['write'] = async (...args) => {
          const { location, size } = await inner.write(...args);
          return { location, size: wrong(size) };
        };
        const { store } = guardedBy(
          Object.assign(memoryStore(), { write, discard: (key: string) => inner.discard(key) }),
        );
        await assert.rejects(store.write('k', inPieces(bytes, 1000)), has('unavailable'));
        await assert.rejects(inner.stat('k'), has('blob_not_found'));
      });
    }

    it('discards the blob when the store did not read the data to its end', async () => {
      const discarded: string[] = [];
      const write = async (key: string, data: Readable): Promise<WrittenBlob> => {
        await once(data, 'readable');
        const piece = data.read() as Buffer;
        return { location: key, size: piece.length };
      };
      const discard = (key: string): Promise<void> => Promise.resolve(void discarded.push(key));
      const { store } = guardedBy(evil({ write, discard }));
      const data = inPieces(bytes, 1000);
      await assert.rejects(store.write('k', data), has('unavailable'));
      assert.deepEqual(discarded, ['k']);
      assert.ok(data.destroyed);
    });

    it('discards the blob when the store did not wait for the end of the data', async () => {
      const inner = memoryStore();
      const write = async (key: string, data: Readable): Promise<WrittenBlob> => {
        await once(data, 'readable');
        return inner.write(key, Readable.from([data.read()], { objectMode: false }));
      };
      const { store } = guardedBy(
        Object.assign(memoryStore(), { write, discard: (key: string) => inner.discard(key) }),
      );
      const { data } = stalling(sampleBytes(1000));
      await assert.rejects(store.write('k', data), has('unavailable'));
      await assert.rejects(inner.stat('k'), has('blob_not_found'));
    });

    it('discards a blob that becomes whole after the guard has given it up', async () => {
      const discarded: string[] = [];
      let finish: (blob: WrittenBlob) => void = () => assert.fail('not begun');
      const write = (): Promise<WrittenBlob> => new Promise((resolve) => (finish = resolve));
      const discard = (key: string): Promise<void> => Promise.resolve(void discarded.push(key));
      const { store } = guardedBy(evil({ write, discard }));
      await assert.rejects(store.write('k', inPieces(bytes, 1000)), has('unavailable'));
      assert.deepEqual(discarded, []);
      finish({ location: 'k', size: bytes.length });
      await until('the blob is discarded', () => discarded.length === 1);
    });

    it('gives the error of the data though the store hides or outlives it', async () => {
      const error = new Error('the client has gone');
      const hiding = async (_key: string, data: Readable): Promise<WrittenBlob> => {
        await readAll(data).catch(() => assert.fail('hidden'));
        return never();
      };
      const outliving = async (_key: string, data: Readable): Promise<WrittenBlob> => {
        await readAll(data).catch(() => never());
        return never();
      };
      for (const write of [hiding, outliving]) {
        const { store, log } = guardedBy(evil({ write }));
        const { data, go, taken } = stalling(bytes);
        const writing = store.write('k', data);
        writing.catch(() => undefined);
        await until('half of the data is taken', taken);
        go(error);
        await assert.rejects(writing, (seen) => seen === error);
        assert.equal(log.entries.at(-1)?.level, 'debug');
      }
    });

    it('gives the reason of an abort though the store does not care', async () => {
      const [abort, reason] = [new AbortController(), new Error('deleted meanwhile')];
      const { store } = guardedBy(evil({ write: never }));
      const data = inPieces(bytes, 1000);
      const writing = store.write('k', data, { signal: abort.signal });
      abort.abort(reason);
      await assert.rejects(writing, (seen) => seen === reason);
      assert.ok(data.destroyed);
    });
  });

  describe('reading', () => {
    const reading = (make: () => Readable): BlobStore => evil({ read: () => Promise.resolve(make()) });

    it('fails when the store gives no data', async () => {
      const stream = new Readable({ read: () => undefined });
      const { store, log } = guardedBy(reading(() => stream));
      await assert.rejects(readAll(await store.read('k')), has('unavailable'));
      assert.ok(stream.destroyed);
      assert.equal(log.entries.at(-1)?.fields.operation, 'read');
    });

    it('waits for a slow reader much longer than for the store', async () => {
      const { store } = guardedBy(reading(() => inPieces(bytes, 1000)));
      const stream = await store.read('k');
      const first = once(stream, 'readable').then(() => stream.read() as Buffer);
      for (let turn = 0; turn < 5; turn += 1) {
        await assert.rejects(guardedBy(evil({ stat: never })).store.stat('k'), has('unavailable'));
      }
      assert.ok(Buffer.concat([await first, await readAll(stream)]).equals(bytes));
    });

    it('fails when the store gives less or more than the range', async () => {
      const { store } = guardedBy(reading(() => inPieces(bytes, 1000)));
      for (const end of [bytes.length, bytes.length - 2]) {
        const stream = await store.read('k', { start: 0, end });
        await assert.rejects(readAll(stream), has('unavailable'));
      }
      const exact = await store.read('k', { start: 0, end: bytes.length - 1 });
      assert.ok((await readAll(exact)).equals(bytes));
    });

    it('names the errors of the stream', async () => {
      const bug = new Error('oops');
      const failing = (): Readable =>
        new Readable({
          read() {
            this.destroy(bug);
          },
        });
      const { store } = guardedBy(reading(failing));
      await assert.rejects(readAll(await store.read('k')), has('unavailable', bug));
    });

    it('closes a stream that comes too late', async () => {
      const stream = inPieces(bytes, 1000);
      let open: (stream: Readable) => void = () => assert.fail('not begun');
      const read = (): Promise<Readable> => new Promise((resolve) => (open = resolve));
      const { store } = guardedBy(evil({ read }));
      await assert.rejects(store.read('k'), has('unavailable'));
      open(stream);
      await until('the stream is closed', () => stream.destroyed);
    });

    it('closes the stream of the store when the reader leaves', async () => {
      const stream = inPieces(bytes, 1000);
      const { store } = guardedBy(reading(() => stream));
      (await store.read('k')).destroy();
      assert.ok(stream.destroyed);
    });
  });
});
