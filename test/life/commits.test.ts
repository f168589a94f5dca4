import { itCommitsNoMoreThanItMust } from '../support/catalogue/commit-suite.js';

describe('a registry with its metadata in LMDB', () => {
  itCommitsNoMoreThanItMust(() => 'LMDB and disk');
});
