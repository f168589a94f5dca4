import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import type { BlobStore } from '../../lib/blobs/blob-store.js';
import type { S3StoreOptions } from '../../lib/blobs/s3/s3-options.js';
import { s3Store } from '../../lib/blobs/s3/s3-store.js';
import { isRegistryError, type ErrorCode } from '../../lib/errors.js';
import { inPieces, MIB, readAll, sampleBytes, stalling } from '../../lib/testing/blob-store/sample-data.js';
import { fauxqs, FAUXQS_OPTIONS, FAUXQS_PART, type Fauxqs } from '../support/servers/fauxqs.js';
import { RecordingLog } from '../support/recording-log.js';
import type { S3Fault, S3Operation, S3Proxy, S3Request } from '../support/servers/s3-proxy.js';
import { until } from '../support/until.js';

const has =
  (code: ErrorCode) =>
  (error: unknown): boolean =>
    isRegistryError(error, code);

describe('S3 store: a network and a server that fail', () => {
  /** Four parts, the last one short. */
  const bytes = sampleBytes(3 * FAUXQS_PART + 1);
  const few = sampleBytes(100_000);
  let s3: Fauxqs;
  let proxy: S3Proxy;
  let bucket: string;
  let logger: RecordingLog;
  let store: BlobStore;
  const opened: BlobStore[] = [];

  const open = async (options: Partial<S3StoreOptions> = {}): Promise<BlobStore> => {
    const made = s3Store({
      bucket,
      clientOptions: { ...FAUXQS_OPTIONS, endpoint: proxy.url },
      partSize: FAUXQS_PART,
      logger,
      ...options,
    });
    await made.open?.();
    opened.push(made);
    return made;
  };

  before(async () => {
    s3 = await fauxqs();
    ({ proxy } = s3);
  });

  after(() => s3.stop());

  beforeEach(async () => {
    bucket = await s3.bucket();
    logger = new RecordingLog();
    store = await open();
    proxy.log.length = 0;
  });

  afterEach(async () => {
    proxy.fault = () => null;
    for (const one of opened.splice(0)) await one.close?.();
  });

  /** Lets something happen to the first `times` requests of an operation for which `which` holds. */
  const fail = (
    operation: S3Operation,
    fault: S3Fault,
    times = 1,
    which: (request: S3Request) => boolean = () => true,
  ): void => {
    let left = times;
    proxy.fault = (request) => {
      if (request.operation !== operation || !which(request) || left === 0) return null;
      left -= 1;
      return fault;
    };
  };
  const part =
    (number: number) =>
    ({ query }: S3Request): boolean =>
      query.get('partNumber') === String(number);

  const isWhole = async (location: string, wanted = bytes): Promise<void> => {
    assert.ok((await readAll(await store.read(location))).equals(wanted));
  };

  const nothingIsLeft = async (): Promise<void> => {
    proxy.fault = () => null;
    assert.deepEqual(s3.uploads(bucket), []);
    for await (const { key } of store.list?.() ?? []) assert.fail(`${key} is left`);
  };

  const PASSING: readonly (readonly [string, S3Fault])[] = [
    ['500', { answer: 500, code: 'InternalError' }],
    ['503', { answer: 503, code: 'ServiceUnavailable' }],
    ['SlowDown', { answer: 503, code: 'SlowDown' }],
    ['a connection that breaks in the middle', { cutRequest: 70_000 }],
    ['a lost answer', 'lost answer'],
  ];

  for (const [title, fault] of PASSING) {
    it(`${title} in a small write is tried again`, async () => {
      fail('PutObject', fault);
      const { location } = await store.write('k', inPieces(few, 1000));
      assert.equal(proxy.count('PutObject'), 2);
      await isWhole(location, few);
    });

    it(`${title} in part 2 is tried again`, async () => {
      fail('UploadPart', fault, 1, part(2));
      const { location } = await store.write('k', inPieces(bytes, 100_000));
      assert.equal(proxy.count('UploadPart'), 5);
      await isWhole(location);
      assert.deepEqual(s3.uploads(bucket), []);
    });

    it(`${title}, again and again, is unavailable, and nothing is left`, async () => {
      for (const [operation, data] of [
        ['PutObject', few],
        ['UploadPart', bytes],
        ['BeginUpload', bytes],
        ['CompleteUpload', bytes],
      ] as const) {
        if (operation === 'CompleteUpload' && fault === 'lost answer') continue;
        fail(operation, fault, Infinity);
        const source = inPieces(data, 100_000);
        await assert.rejects(store.write(crypto.randomUUID(), source), has('unavailable'), operation);
        assert.ok(source.destroyed);
        await nothingIsLeft();
      }
      assert.deepEqual(logger.warnings, []);
    });
  }

  it('a completion whose answer is lost is none the less one', async () => {
    fail('CompleteUpload', 'lost answer', Infinity);
    const { location, size } = await store.write('k', inPieces(bytes, 100_000));
    assert.equal(size, bytes.length);
    await isWhole(location);
  });

  it('a begin whose answer is lost leaves no second upload', async () => {
    fail('BeginUpload', 'lost answer');
    const { location } = await store.write('k', inPieces(bytes, 100_000));
    await isWhole(location);
    assert.equal(proxy.count('BeginUpload'), 2);
    assert.deepEqual(s3.uploads(bucket), []);
  });

  it('a part with another ETag is refused by S3, and nothing is left', async () => {
    fail('UploadPart', { etag: '"00000000000000000000000000000000"' }, 1, part(2));
    await assert.rejects(store.write('k', inPieces(bytes, 100_000)), has('unavailable'));
    await nothingIsLeft();
  });

  it('an object of another size than was sent is no blob', async () => {
    // The first one asks whether the key is free.
    fail('HeadObject', { answer: 200, code: '' }, 1, ({ nth }) => nth === 2);
    await assert.rejects(store.write('k', inPieces(few, 1000)), has('unavailable'));
    await nothingIsLeft();
  });

  it('at most `concurrency` parts are on their way at once', async () => {
    const narrow = await open({ concurrency: 2 });
    let [now, most] = [0, 0];
    proxy.fault = ({ operation }) => {
      if (operation !== 'UploadPart') return null;
      most = Math.max(most, (now += 1));
      return null;
    };
    const { answered } = proxy;
    proxy.answered = (request, ...rest) => {
      if (request.operation === 'UploadPart') now -= 1;
      return answered(request, ...rest);
    };
    await narrow.write('k', inPieces(Buffer.concat([bytes, bytes]), 100_000));
    proxy.answered = answered;
    assert.equal(proxy.count('UploadPart'), 7);
    assert.equal(most, 2);
  });

  it('a stalled request ends with the deadline, a stalled part with three times that; the next attempt goes on', async () => {
    const hasty = await open({ deadline: 400 });
    fail('HeadObject', 'stalled', Infinity);
    await assert.rejects(hasty.stat('k'), has('unavailable'));
    await assert.rejects(hasty.write('k', inPieces(few, 1000)), has('unavailable'));
    fail('UploadPart', 'stalled', 1, part(1));
    const { location } = await hasty.write('k', inPieces(bytes, 100_000));
    await isWhole(location);
    fail('UploadPart', 'stalled', Infinity);
    await assert.rejects(hasty.write('other', inPieces(bytes, 100_000)), has('unavailable'));
    proxy.fault = () => null;
    await hasty.remove(location);
    await nothingIsLeft();
  });

  it('an abort waits for what is on its way, so that it leaves nothing', async () => {
    const [abort, reason] = [new AbortController(), new Error('deleted meanwhile')];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let released = false;
    let early = false;
    proxy.fault = ({ operation }) => {
      if (operation === 'AbortUpload') early ||= !released;
      return operation === 'UploadPart' ? { until: held } : null;
    };
    const { data } = stalling(bytes);
    const writing = store.write('k', data, { signal: abort.signal });
    writing.catch(() => undefined);
    await until('parts are on their way', () => proxy.count('UploadPart') === 3);
    abort.abort(reason);
    // Time for an abort that would not wait.
    for (let turn = 0; turn < 20; turn += 1) await store.stat('none').catch(() => undefined);
    released = true;
    release();
    await assert.rejects(writing, (error) => error === reason);
    assert.ok(!early, 'the upload was aborted while parts were on their way');
    assert.equal(proxy.count('AbortUpload'), 1);
    await nothingIsLeft();
  });

  it('what an abort could not remove is told, and goes with discard', async () => {
    fail('AbortUpload', { answer: 500, code: 'InternalError' }, Infinity);
    const { data, taken, go } = stalling(bytes);
    const writing = store.write('k', data);
    writing.catch(() => undefined);
    await until('the data is taken', taken);
    go(new Error('the client has gone'));
    await assert.rejects(writing, { message: 'the client has gone' });
    assert.deepEqual(logger.warnings, ['s3 store: parts of a failed write are left over']);
    assert.deepEqual(s3.uploads(bucket), ['blobs/k']);
    proxy.fault = () => null;
    await store.discard('k');
    await nothingIsLeft();
  });

  it('discard aborts the uploads of its key, and of no other', async () => {
    fail('AbortUpload', { answer: 500, code: 'InternalError' }, Infinity);
    for (const key of ['k', 'k-1']) {
      const failing = Readable.from([bytes, Promise.reject(new Error('gone'))], { objectMode: false });
      await assert.rejects(store.write(key, failing));
    }
    proxy.fault = () => null;
    await store.discard('k');
    assert.deepEqual(s3.uploads(bucket), ['blobs/k-1']);
    await store.discard('k-1');
    await nothingIsLeft();
  });

  it('discard works on a server that does not list uploads', async () => {
    await store.write('k', inPieces(few, 1000));
    fail('ListUploads', { answer: 501, code: 'NotImplemented' }, Infinity);
    await store.discard('k');
    await nothingIsLeft();
  });

  it('a dead upload that nobody discards is aborted by who comes next, a younger one is not', async () => {
    fail('AbortUpload', { answer: 500, code: 'InternalError' }, Infinity);
    const failing = Readable.from([bytes, Promise.reject(new Error('gone'))], { objectMode: false });
    await assert.rejects(store.write('k', failing));
    proxy.fault = () => null;
    const patient = await open();
    await patient.close?.();
    assert.deepEqual(s3.uploads(bucket), ['blobs/k']);
    const sweeping = await open({ abandonedAfter: 1000 });
    await until('its time has come, and somebody writes', async () => {
      await sweeping.write(crypto.randomUUID(), inPieces(few, 1000));
      return s3.uploads(bucket).length === 0;
    });
  });

  describe('reading', () => {
    let location: string;

    beforeEach(async () => {
      ({ location } = await store.write('k', inPieces(bytes, 100_000)));
      proxy.log.length = 0;
    });

    it('goes on where a connection broke', async () => {
      fail('GetObject', { cutAnswer: 3 * MIB }, 3);
      await isWhole(location);
      assert.equal(proxy.count('GetObject'), 4);
      fail('GetObject', { cutAnswer: 1000 }, 2);
      const range = { start: MIB - 3, end: 3 * MIB };
      const read = await readAll(await store.read(location, range));
      assert.ok(read.equals(bytes.subarray(range.start, range.end + 1)));
    });

    it('goes on where S3 fell silent', async () => {
      const hasty = await open({ deadline: 300 });
      fail('GetObject', { stalledAnswer: 2 * MIB });
      assert.ok((await readAll(await hasty.read(location))).equals(bytes));
    });

    it('goes on when its reader was slower than S3 has patience', async () => {
      const stream = await store.read(location);
      await until('data', () => stream.read(1) !== null);
      const restore = await proxy.outage();
      await restore();
      const rest = await readAll(stream);
      assert.ok(rest.equals(bytes.subarray(1)));
      assert.equal(proxy.count('GetObject'), 2);
    });

    it('gives the reason of an abort while it begins', async () => {
      const [abort, reason] = [new AbortController(), new Error('the client has gone')];
      fail('GetObject', 'stalled', Infinity);
      const reading = store.read(location, { signal: abort.signal });
      reading.catch(() => undefined);
      await until('S3 is asked', () => proxy.count('GetObject') === 1);
      abort.abort(reason);
      await assert.rejects(reading, (error) => error === reason);
    });

    it('fails when there is no progress', async () => {
      fail('GetObject', { cutAnswer: 0 }, Infinity);
      await assert.rejects(readAll(await store.read(location)), has('unavailable'));
    });

    it('fails when another object has come into its place', async () => {
      fail('GetObject', { cutAnswer: MIB });
      const stream = await store.read(location);
      await store.remove(location);
      await store.write('k', inPieces(few, 1000));
      await assert.rejects(readAll(stream), has('unavailable'));
    });

    it('is an outage, not a missing blob, while S3 is away or refuses', async () => {
      for (const operation of ['GetObject', 'HeadObject'] as const) {
        fail(operation, { answer: 503, code: 'SlowDown' }, Infinity);
        const call = operation === 'GetObject' ? store.read(location) : store.stat(location);
        await assert.rejects(call, has('unavailable'));
      }
    });
  });

  describe('names of errors', () => {
    const calls: readonly (readonly [S3Operation, () => Promise<unknown>])[] = [
      ['PutObject', () => store.write('k', inPieces(few, 1000))],
      ['UploadPart', () => store.write('k', inPieces(bytes, 100_000))],
      ['GetObject', () => store.read('k')],
      ['HeadObject', () => store.stat('k')],
      ['DeleteObject', () => store.remove('k')],
      ['ListUploads', () => store.discard('k')],
      ['ListObjects', async () => readAll(Readable.from(store.list?.() ?? []))],
    ];
    const names: readonly (readonly [number, string, ErrorCode])[] = [
      [403, 'AccessDenied', 'store_denied'],
      [403, 'SignatureDoesNotMatch', 'store_denied'],
      [400, 'ExpiredToken', 'store_denied'],
      [403, 'QuotaExceeded', 'store_full'],
      [507, 'XMinioStorageFull', 'store_full'],
      [404, 'NoSuchBucket', 'unavailable'],
      [400, 'InvalidRequest', 'unavailable'],
    ];
    for (const [status, code, named] of names)
      it(`${status} ${code} is ${named}`, async () => {
        for (const [operation, call] of calls) {
          // Without a body there is only the status.
          const byStatus = status === 403 ? 'store_denied' : 'unavailable';
          const wanted = operation === 'HeadObject' && status < 500 ? byStatus : named;
          proxy.fault = (request) =>
            request.operation === operation || (code === 'NoSuchBucket' && request.operation === 'HeadBucket')
              ? { answer: status, code }
              : null;
          await assert.rejects(call(), has(wanted), operation);
        }
        proxy.fault = () => null;
        await store.discard('k');
      });

    it('a bucket that is not there is no store', async () => {
      bucket = 'nowhere';
      await assert.rejects(open(), (error: Error) => {
        assert.match(error.message, /there is no bucket nowhere/);
        return has('unavailable')(error);
      });
    });

    it('a bucket that is emptied behind a mark is unavailable', async () => {
      await store.mark?.('some mark');
      const { location } = await store.write('k', inPieces(few, 1000));
      const other = await open();
      await fetch(`${proxy.url}/${bucket}/registry-mark`, { method: 'DELETE' });
      await fetch(`${proxy.url}/${bucket}/blobs/k`, { method: 'DELETE' });
      await assert.rejects(other.stat(location), has('blob_not_found'));
      const all = [
        () => store.stat(location),
        () => store.read(location),
        () => store.remove(location),
        () => store.discard('k'),
        () => store.write('other', inPieces(few, 1000)),
        () => readAll(Readable.from(store.list?.() ?? [])),
      ];
      for (const call of all) await assert.rejects(call(), has('unavailable'));
    });
  });
});
