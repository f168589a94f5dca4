import assert from 'node:assert/strict';
import type { BlobStore } from '../../blobs/blob-store.js';
import { isRegistryError, type ErrorCode } from '../../errors.js';
import type { TestFramework } from '../test-framework.js';

export type { TestFramework } from '../test-framework.js';

/** The store under test, and what only its author can do to it. */
export interface BlobStoreSubject {
  /** An open, empty store with room for 400 MiB, unless `growing` is set: then 64 MiB do. */
  create(): Promise<BlobStore>;
  /** Names what lies in the medium and belongs to no whole blob: staged files, parts, room that is taken for nothing. */
  leftovers(store: BlobStore): Promise<string[]>;
  /** Closes a store of `create` or `full` and removes what it has stored. */
  destroy(store: BlobStore): Promise<void>;
  /** Another store on the medium of a store, open, as another process would have it; the suite closes it. */
  readonly reopen?: (store: BlobStore) => Promise<BlobStore>;
  /** Puts something among the blobs of a store that is none, for stores with `strays`. */
  readonly stray?: (store: BlobStore) => Promise<{
    /** What the store calls it. */
    readonly name: string;
    readonly remove: () => Promise<void>;
  }>;
  /** Takes the medium of a store away; the function that it gives brings it back. */
  readonly outage?: (store: BlobStore) => Promise<() => Promise<void>>;
  /** An open, empty store with room for 1 MiB at least and less than 4 MiB. */
  readonly full?: () => Promise<BlobStore>;
  /** Why the memory of this process grows with the blob, against the port's promise. */
  readonly growing?: string;
}

/** What the cases share: the framework, and the store once `before` has run. */
export interface Bench {
  readonly framework: TestFramework;
  readonly subject: BlobStoreSubject;
  readonly store: () => BlobStore;
}

/** A key that no other case uses. */
export function freshKey(): string {
  return crypto.randomUUID();
}

/** Asserts that a call fails with a RegistryError of one of these codes. */
export async function rejectsWith(call: Promise<unknown>, ...codes: ErrorCode[]): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(isRegistryError(error, ...codes), `expected ${codes.join(' or ')}, got ${String(error)}`);
    return true;
  });
}

/** Asserts that nothing lies in the medium that belongs to no blob. */
export async function isClean({ subject }: Bench, store: BlobStore): Promise<void> {
  assert.deepEqual(await subject.leftovers(store), [], 'left-overs');
}
