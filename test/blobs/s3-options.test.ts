import assert from 'node:assert/strict';
import { S3Client } from '@aws-sdk/client-s3';
import { partPlan } from '../../lib/blobs/s3/part-plan.js';
import type { S3StoreOptions } from '../../lib/blobs/s3/s3-options.js';
import { S3Parts } from '../../lib/blobs/s3/s3-parts.js';
import { s3Store } from '../../lib/blobs/s3/s3-store.js';
import { isRegistryError } from '../../lib/errors.js';
import { run } from '../support/run.js';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const TIB = 1024 ** 4;

describe('S3 store: options', () => {
  it('that are wrong are refused, by name', () => {
    const wrong: [Record<string, unknown>, RegExp][] = [
      [{}, /^s3Store: bucket must/],
      [{ bucket: 'a/b' }, /^s3Store: bucket must/],
      [{ bucket: 'ab' }, /^s3Store: bucket must/],
      ...['/a', 'a//b', 'a/../b', './a', 'a b', 'ü', 'x'.repeat(501)].map(
        (prefix): [Record<string, unknown>, RegExp] => [{ bucket: 'abc', prefix }, /^s3Store: prefix must/],
      ),
      [{ bucket: 'abc', client: {} }, /^s3Store: client must/],
      [
        { bucket: 'abc', client: new S3Client(), clientOptions: {} },
        /^s3Store: give either client or clientOptions/,
      ],
      [{ bucket: 'abc', partSize: 5 * MIB - 1 }, /^s3Store: partSize must/],
      [{ bucket: 'abc', partSize: 5 * GIB + 1 }, /^s3Store: partSize must/],
      [{ bucket: 'abc', concurrency: 0 }, /^s3Store: concurrency must/],
      [{ bucket: 'abc', deadline: Number.NaN }, /^s3Store: deadline must/],
      [{ bucket: 'abc', abandonedAfter: 10 }, /^s3Store: abandonedAfter must/],
      [
        { bucket: 'abc', clientOptions: { endpoint: 'localhost' } },
        /^s3Store: clientOptions\.endpoint must be/,
      ],
      [
        { bucket: 'abc', clientOptions: { endpoint: 'ftp://x' } },
        /^s3Store: clientOptions\.endpoint must be/,
      ],
    ];
    for (const [options, message] of wrong)
      assert.throws(() => s3Store(options as unknown as S3StoreOptions), { name: 'TypeError', message });
  });

  it('a password in the endpoint is refused without being repeated', () => {
    const make = (): unknown =>
      s3Store({ bucket: 'abc', clientOptions: { endpoint: 'http://user:MARKER@127.0.0.1:1' } });
    assert.throws(make, (error: Error) => error instanceof TypeError && !error.message.includes('MARKER'));
  });

  it('a store that was not opened, or is closed, is unavailable', async () => {
    const store = s3Store({ bucket: 'abc' });
    const unavailable = (error: unknown): boolean => isRegistryError(error, 'unavailable');
    await assert.rejects(store.stat('k'), unavailable);
    await store.close?.();
    await assert.rejects(store.stat('k'), unavailable);
  });

  it('the SDK is loaded by the first open, not by the import or the store', async () => {
    const script = `
      import { createRequire } from 'node:module';
      import { s3Store } from './lib/index.ts';
      const { cache } = createRequire(import.meta.url);
      const loaded = () => Object.keys(cache).some((path) => path.includes('@aws-sdk/client-s3'));
      const clientOptions = { endpoint: 'http://127.0.0.1:1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
      const store = s3Store({ bucket: 'abc', clientOptions });
      const before = loaded();
      const opening = await store.open().then(() => 'open', (error) => error.code);
      console.log(before, opening, loaded());`;
    const { stdout } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
    assert.equal(stdout.trim(), 'false unavailable true');
  });
});

describe('S3 store: the size of parts', () => {
  const usual = { partSize: 16 * MIB, concurrency: 3 };

  it('is the usual one for what fits into 10 000 parts, and for an unknown size', () => {
    for (const size of [undefined, 0, 1, 10_000 * 16 * MIB]) assert.deepEqual(partPlan(usual, size), usual);
    assert.ok(usual.partSize * 10_000 > 100 * GIB);
  });

  it('grows with a known size, in memory of the usual parts or of two', () => {
    for (const size of [10_000 * 16 * MIB + 1, 300 * GIB, TIB, 5 * TIB, 40 * TIB]) {
      const { partSize, concurrency } = partPlan(usual, size);
      assert.ok(partSize * 10_000 >= size && (partSize - MIB) * 10_000 < size, `${partSize} for ${size}`);
      assert.ok(partSize <= 5 * GIB);
      assert.ok((concurrency + 1) * partSize <= Math.max(4 * usual.partSize + partSize, 2 * partSize));
      assert.ok(concurrency >= 1);
    }
  });

  it('has an end', () => {
    assert.throws(
      () => partPlan(usual, 51_201 * GIB),
      (error) => isRegistryError(error, 'store_full'),
    );
  });

  it('of an unknown size: after 10 000 parts the store is full', async () => {
    const parts = new S3Parts(3, () => undefined);
    let sent = 0;
    const all = parts.all(async () => {
      for (;;) await parts.add(() => Promise.resolve(`etag ${(sent += 1)}`));
    });
    await assert.rejects(all, (error) => isRegistryError(error, 'store_full'));
    assert.equal(sent, 10_000);
  });
});
