export type { TestFramework } from './test-framework.js';
export { blobStoreSuite } from './blob-store-suite.js';
export type { BlobStoreSubject } from './blob-store/blob-store-subject.js';
export { keySpaceSuite } from './key-space-suite.js';
export type { KeySpaceOutage, KeySpaceSubject } from './key-space/key-space-subject.js';
