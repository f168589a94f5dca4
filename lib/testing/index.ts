export { blobStoreSuite } from './blob-store-suite.js';
export type { BlobStoreSubject } from './blob-store/blob-store-subject.js';
export { keySpaceSuite } from './key-space-suite.js';
export type { KeySpaceSubject } from './key-space/key-space-subject.js';
