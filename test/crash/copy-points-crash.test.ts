import { itSurvivesEveryStep } from '../support/life/points.js';

describe('a process that dies at a step, on LMDB and disk', function () {
  this.timeout(120_000);
  itSurvivesEveryStep(() => 'LMDB and disk');
});
