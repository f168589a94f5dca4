import assert from 'node:assert/strict';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { BlobStore } from '../../lib/blobs/blob-store.js';
import { s3Store } from '../../lib/blobs/s3/s3-store.js';
import type { S3StoreOptions } from '../../lib/blobs/s3/s3-options.js';
import { blobStoreSuite, type BlobStoreSubject } from '../../lib/testing/blob-store-suite.js';
import { RecordingLog } from '../support/recording-log.js';
import { S3Proxy } from '../support/s3-proxy.js';
import { startSwift, SWIFT_CREDENTIALS, type Swift } from '../support/swift.js';

const framework = { describe, it, before, after };
const MIB = 1024 * 1024;

describe('S3 store on Swift', function () {
  this.timeout(120_000);
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
});
