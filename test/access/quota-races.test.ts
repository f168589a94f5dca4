import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import Keyv from 'keyv';
import { KeyvLmdb } from '../../lib/index.js';
import { itHoldsQuotasInRaces } from '../support/access/quota.js';

describe('the storage quota in races, metadata in memory', () => {
  itHoldsQuotasInRaces(() => new Keyv({ throwOnErrors: true }));
});

describe('the storage quota in races, metadata in LMDB', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'quota-'));
  });
  itHoldsQuotasInRaces(
    () => new Keyv({ store: new KeyvLmdb({ path: path.join(folder, 'metadata') }), throwOnErrors: true }),
  );

  // Behind the hook that stops the registry in it.
  afterEach(() => rm(folder, { recursive: true }));
});
