import { itEndsWhatIsNotWanted } from '../support/life/ended-elsewhere.js';

describe('a registry, with its metadata in LMDB,', () => {
  itEndsWhatIsNotWanted(() => 'LMDB and disk');
});
