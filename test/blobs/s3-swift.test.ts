import assert from 'node:assert/strict';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { BlobStore } from '../../lib/blobs/blob-store.js';
import { s3Store } from '../../lib/blobs/s3/s3-store.js';
import type { S3StoreOptions } from '../../lib/blobs/s3/s3-options.js';
import { isRegistryError } from '../../lib/errors.js';
import { inPieces, readAll, sampleBytes } from '../../lib/testing/blob-store/sample-data.js';
import { blobStoreSuite, type BlobStoreSubject } from '../../lib/testing/blob-store-suite.js';
import { RecordingLog } from '../support/recording-log.js';
import { S3Proxy } from '../support/servers/s3-proxy.js';
import { startSwift, SWIFT_CREDENTIALS, SWIFT_STRANGER, type Swift } from '../support/servers/swift.js';

const framework = { describe, it, before, after };
const MIB = 1024 * 1024;

describe('S3 store on Swift', function () {
  this.timeout(300_000);
  let swift: Swift;
  let proxy: S3Proxy;
  let client: S3Client;
  const buckets = new Map<BlobStore, string>();

  before(async () => {
    swift = await startSwift();
    proxy = await S3Proxy.start(swift.url);
    client = new S3Client({ ...OPTIONS, endpoint: swift.url, forcePathStyle: true });
  });

  after(async () => {
    client.destroy();
    await proxy.stop();
    await swift.stop();
  });

  const OPTIONS = { region: 'us-east-1', credentials: SWIFT_CREDENTIALS };

  const newBucket = async (): Promise<string> => {
    const Bucket = `bucket-${crypto.randomUUID()}`;
    await client.send(new CreateBucketCommand({ Bucket }));
    return Bucket;
  };

  const make = async (bucket: string, options: Partial<S3StoreOptions> = {}): Promise<BlobStore> => {
    const store = s3Store({
      bucket,
      clientOptions: { ...OPTIONS, endpoint: proxy.url },
      partSize: 5 * MIB,
      logger: new RecordingLog(),
      ...options,
    });
    await store.open?.();
    buckets.set(store, bucket);
    return store;
  };

  const bucketOf = (store: BlobStore): string => buckets.get(store) ?? assert.fail('no store of these tests');

  /** What is on the disk and belongs to no whole blob; a large one is a manifest and its segments. */
  const leftovers = async (store: BlobStore): Promise<string[]> => {
    const container = `/AUTH_test/${bucketOf(store)}`;
    const whole = new Set<string>();
    for await (const { location } of store.list?.() ?? []) whole.add(location);
    return (await swift.objects()).filter((name) => {
      const [, key] = new RegExp(`^${container}(?:\\+segments)?/blobs/([^/]+)`).exec(name) ?? [];
      const mark = name === `${container}/registry-mark`;
      return name.startsWith(container) && !mark && !whole.has(key ?? '');
    });
  };

  const subject: BlobStoreSubject = {
    create: async () => make(await newBucket()),
    reopen: (store) => make(bucketOf(store)),
    outage: () => proxy.outage(),
    leftovers,
    destroy: async (store) => {
      for await (const { location } of store.list?.() ?? []) await store.remove(location);
      await store.close?.();
    },
  };
  blobStoreSuite(framework, 'conforms', subject);

  describe('signatures', () => {
    it('of a wrong secret, of nobody and of a stranger are refused', async () => {
      const bucket = await newBucket();
      const wrong = { accessKeyId: SWIFT_CREDENTIALS.accessKeyId, secretAccessKey: 'wrong' };
      const nobody = { accessKeyId: 'test:nobody', secretAccessKey: 'testing' };
      for (const credentials of [wrong, nobody, SWIFT_STRANGER])
        await assert.rejects(
          make(bucket, { clientOptions: { ...OPTIONS, endpoint: proxy.url, credentials } }),
          (error) => isRegistryError(error, 'store_denied'),
        );
    });

    it('cover the bytes: a bit that changes on the way is refused, and nothing is left', async () => {
      const store = await make(await newBucket());
      for (const [operation, size] of [
        ['PutObject', MIB],
        ['UploadPart', 12 * MIB],
      ] as const) {
        let spoiled = 0;
        proxy.fault = (request) => {
          if (request.operation !== operation) return null;
          spoiled += 1;
          return 'spoiled';
        };
        await assert.rejects(store.write('k', inPieces(sampleBytes(size), 100_000)), (error) =>
          isRegistryError(error, 'unavailable'),
        );
        proxy.fault = () => null;
        assert.ok(spoiled > 0);
        assert.deepEqual(await leftovers(store), []);
      }
      await store.close?.();
    });
  });

  it('a read of a blob of several parts goes on where its connection broke', async () => {
    const store = await make(await newBucket());
    const bytes = sampleBytes(12 * MIB);
    const { location } = await store.write('k', inPieces(bytes, 100_000));
    proxy.log.length = 0;
    proxy.fault = ({ operation, nth }) =>
      operation === 'GetObject' && nth < 3 ? { cutAnswer: 4 * MIB } : null;
    const read = await readAll(await store.read(location, { start: 5 }));
    proxy.fault = () => null;
    assert.ok(read.equals(bytes.subarray(5)));
    assert.equal(proxy.count('GetObject'), 3);
    await store.close?.();
  });

  describe('copies', () => {
    const bytes = sampleBytes(81 * MIB);
    it('a large blob part by part, from one bucket to another', async () => {
      const [source, target] = [
        await make(await newBucket()),
        await make(await newBucket(), { prefix: 'p' }),
      ];
      const { location } = await source.write('large', inPieces(bytes, MIB), { size: bytes.length });
      proxy.log.length = 0;
      const made = await target.copy?.(source, location, 'copied');
      assert.deepEqual(made, { location: 'copied', size: bytes.length });
      assert.equal(proxy.count('CopyPart'), 2);
      assert.equal(proxy.count('GetObject') + proxy.count('UploadPart') + proxy.count('PutObject'), 0);
      assert.ok((await readAll(await target.read('copied'))).equals(bytes));
      await target.remove('copied');
      await source.remove(location);
      assert.deepEqual([...(await leftovers(source)), ...(await leftovers(target))], []);
      await source.close?.();
      await target.close?.();
    });

    it('nothing when a part fails, and leaves nothing', async () => {
      const store = await make(await newBucket());
      const { location } = await store.write('large', inPieces(bytes, MIB), { size: bytes.length });
      proxy.fault = ({ operation, query }) =>
        operation === 'CopyPart' && query.get('partNumber') === '2'
          ? { answer: 500, code: 'InternalError' }
          : null;
      await assert.rejects(store.copy?.(store, location, 'copied') ?? assert.fail(), (error) =>
        isRegistryError(error, 'unavailable'),
      );
      proxy.fault = () => null;
      await assert.rejects(store.stat('copied'), (error) => isRegistryError(error, 'blob_not_found'));
      await store.remove(location);
      assert.deepEqual(await leftovers(store), []);
      await store.close?.();
    });

    it('nothing from another S3, or where it may not read', async () => {
      const source = await make(await newBucket());
      const { location } = await source.write('k', inPieces(sampleBytes(10), 10));
      const away = await make(await newBucket(), {
        clientOptions: { ...OPTIONS, endpoint: swift.url },
      });
      assert.equal(await away.copy?.(source, location, 'copied'), null);
      const store = await make(await newBucket());
      proxy.fault = ({ operation }) =>
        operation === 'CopyObject' ? { answer: 403, code: 'AccessDenied' } : null;
      assert.equal(await store.copy?.(source, location, 'copied'), null);
      proxy.fault = () => null;
      assert.deepEqual(await leftovers(store), []);
      await source.close?.();
      await away.close?.();
      await store.close?.();
    });
  });
});
