import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import Keyv from 'keyv';
import { diskStore, KeyvLmdb, memoryStore } from '../../lib/index.js';
import { leftOutInWords } from '../support/vectors/left-out.js';
import { itReplaysAll } from '../support/vectors/replay-suite.js';
import { MOUNTS } from '../support/mounts/serve.js';

describe('recorded exchanges of v2', () => {
  let folder: string;

  before(() => {
    for (const sentence of leftOutInWords()) console.log(`    ${sentence}`);
  });

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'vectors-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  for (const mount of MOUNTS)
    describe(`all in memory, ${mount.name}`, () => {
      itReplaysAll(
        () => ({ metadata: new Keyv({ throwOnErrors: true }), blobs: memoryStore() }),
        mount,
        'v2',
      );
    });

  describe('LMDB and disk', () => {
    itReplaysAll(
      () => {
        const store = new KeyvLmdb({ path: path.join(folder, 'metadata') });
        const blobs = diskStore({ path: path.join(folder, 'blobs') });
        return { metadata: new Keyv({ store, throwOnErrors: true }), blobs };
      },
      undefined,
      'v2',
    );
  });
});
