import type { BlobStore } from '../blobs/blob-store.js';
import { allOrNothing } from './blob-store/all-or-nothing.js';
import type { BlobStoreSubject } from './blob-store/blob-store-subject.js';
import { copying } from './blob-store/copying.js';
import { marks } from './blob-store/marks.js';
import { removal } from './blob-store/removal.js';
import { roundTrips } from './blob-store/round-trips.js';
import { trouble } from './blob-store/trouble.js';
import type { TestFramework } from './test-framework.js';

export type { BlobStoreSubject } from './blob-store/blob-store-subject.js';
export type { TestFramework } from './test-framework.js';

/**
 * Tests that a BlobStore keeps what the port promises. Give tests a minute each: one sends 320 MiB through the store.
 * @param framework describe, it, before and after of the caller's test runner
 * @param name what stands above the tests
 * @param subject how to make the store, look into its medium and break it
 */
export function blobStoreSuite(framework: TestFramework, name: string, subject: BlobStoreSubject): void {
  framework.describe(name, () => {
    let created: BlobStore | null = null;
    const store = (): BlobStore => {
      if (created === null) throw new Error('there is no store outside of the tests');
      return created;
    };
    framework.before(async () => {
      created = await subject.create();
    });
    framework.after(async () => {
      if (created !== null) await subject.destroy(created);
    });
    const bench = { framework, subject, store };
    roundTrips(bench);
    allOrNothing(bench);
    removal(bench);
    copying(bench);
    marks(bench);
    trouble(bench);
  });
}
