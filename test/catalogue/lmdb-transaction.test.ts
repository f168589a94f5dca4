import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { RootDatabase } from 'lmdb';
import { lmdbTransaction } from '../../lib/catalogue/adapters/lmdb-transaction.js';

describe('a transaction of LMDB', () => {
  it('resolves when it is on the disk, not when it is committed', async () => {
    const steps: string[] = [];
    let flush = (): void => assert.fail('not set');
    const flushed = new Promise<boolean>((resolve) => (flush = () => resolve(true)));
    const root = {
      childTransaction: (work: () => string) => {
        steps.push('committed');
        return Promise.resolve(work());
      },
      flushed,
    };
    const answer = lmdbTransaction(root as unknown as RootDatabase, () => 'result').then((result) => {
      steps.push('answered');
      return result;
    });
    for (let turns = 0; turns < 10; turns += 1) await turn();
    steps.push('flushed');
    flush();
    assert.equal(await answer, 'result');
    assert.deepEqual(steps, ['committed', 'flushed', 'answered']);
  });
});
