import assert from 'node:assert/strict';
import type { BlobStore } from '../../lib/blobs/blob-store.js';
import type { S3StoreOptions } from '../../lib/blobs/s3/s3-options.js';
import { s3Store } from '../../lib/blobs/s3/s3-store.js';
import { blobStoreSuite, type BlobStoreSubject } from '../../lib/testing/blob-store-suite.js';
import { fauxqs, FAUXQS_OPTIONS, FAUXQS_PART, type Fauxqs } from '../support/servers/fauxqs.js';
import { RecordingLog } from '../support/recording-log.js';
import { guarded } from './guarded-subject.js';

const framework = { describe, it, before, after };
const MIB = 1024 * 1024;

describe('S3 store on fauxqs', () => {
  let s3: Fauxqs;
  const buckets = new Map<BlobStore, string>();

  before(async () => {
    s3 = await fauxqs();
  });

  after(() => s3.stop());

  const make = async (bucket: string, options: Partial<S3StoreOptions> = {}): Promise<BlobStore> => {
    const store = s3Store({
      bucket,
      clientOptions: { ...FAUXQS_OPTIONS, endpoint: s3.proxy.url },
      partSize: FAUXQS_PART,
      deadline: 5000,
      logger: new RecordingLog(),
      ...options,
    });
    await store.open?.();
    buckets.set(store, bucket);
    return store;
  };

  const bucketOf = (store: BlobStore): string => buckets.get(store) ?? assert.fail('no store of these tests');

  const subject = (options: Partial<S3StoreOptions>): BlobStoreSubject => ({
    create: async () => make(await s3.bucket(), options),
    reopen: (store) => make(bucketOf(store), options),
    full: async () => make(await s3.bucket(3 * MIB), options),
    stray: async (store) => {
      const { prefix = '' } = options;
      const folder = prefix === '' ? '' : `${prefix}/`;
      const url = `${s3.proxy.url}/${bucketOf(store)}/${folder}blobs/notes/read-me.txt`;
      assert.equal((await fetch(url, { method: 'PUT', body: 'text' })).status, 200);
      const remove = async (): Promise<void> => assert.ok((await fetch(url, { method: 'DELETE' })).ok);
      return { name: 'notes/read-me.txt', remove };
    },
    outage: () => s3.proxy.outage(),
    leftovers: (store) => Promise.resolve(s3.uploads(bucketOf(store))),
    destroy: async (store) => {
      for await (const { location } of store.list?.() ?? []) await store.remove(location);
      await store.close?.();
    },
  });

  blobStoreSuite(framework, 'in a bucket of its own', subject({}));
  blobStoreSuite(
    framework,
    'under a prefix, behind a guard',
    guarded(subject({ prefix: 'a/b', contentMd5: true })),
  );
});
