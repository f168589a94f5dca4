import type { BlobStore } from '../../lib/blobs/blob-store.js';
import { guard } from '../../lib/blobs/guard/guard.js';
import type { BlobStoreSubject } from '../../lib/testing/blob-store-suite.js';
import { RecordingLog } from '../support/recording-log.js';

/** The same store behind a guard. */
export function guarded(subject: BlobStoreSubject): BlobStoreSubject {
  const inner = new Map<BlobStore, BlobStore>();
  const wrap = (store: BlobStore): BlobStore => {
    const outer = guard(store, { name: 'guarded', log: new RecordingLog() });
    inner.set(outer, store);
    return outer;
  };
  const within = (outer: BlobStore): BlobStore => {
    const store = inner.get(outer);
    if (store === undefined) throw new Error('this store has no guard');
    return store;
  };
  const { full, outage, reopen, stray } = subject;
  return {
    create: async () => wrap(await subject.create()),
    leftovers: (store) => subject.leftovers(within(store)),
    destroy: (store) => subject.destroy(within(store)),
    ...(full && { full: async () => wrap(await full()) }),
    ...(reopen && { reopen: async (store: BlobStore) => wrap(await reopen(within(store))) }),
    ...(stray && { stray: (store: BlobStore) => stray(within(store)) }),
    ...(outage && { outage: (store: BlobStore) => outage(within(store)) }),
    ...(subject.growing !== undefined && { growing: subject.growing }),
  };
}
