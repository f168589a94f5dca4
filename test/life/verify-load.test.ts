import { itTakesNothingForAFault } from '../support/life/life-verify-load.js';

for (const medium of ['memory', 'LMDB and disk'] as const)
  describe(`verify takes nothing for a fault, on ${medium}`, () => {
    itTakesNothingForAFault(() => medium, 100);
  });
