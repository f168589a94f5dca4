export { blobStoreSuite } from './blob-store-suite.js';
export { keySpaceSuite } from './key-space-suite.js';
export type * from './blob-store/blob-store-subject.js';
export type * from './key-space/key-space-subject.js';
