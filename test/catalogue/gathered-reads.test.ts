import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { GatheredReads } from '../../lib/catalogue/adapters/gathered-reads.js';

describe('reads that are gathered', () => {
  let asked: (readonly number[])[];
  let reads: GatheredReads<number, string>;

  beforeEach(() => {
    asked = [];
    reads = new GatheredReads<number, string>({
      ask: async (questions) => {
        asked.push(questions);
        await nextTurn();
        if (questions.includes(7)) throw new Error('seven');
        return questions.map(String);
      },
      weightOf: (question) => question,
      most: 10,
    });
  });

  it('are one in a turn of the event loop, each caller gets its own answers', async () => {
    const later = Promise.resolve()
      .then(() => Promise.resolve())
      .then(() => reads.read([3]));
    assert.deepEqual(await Promise.all([reads.read([1, 2]), reads.read([]), later]), [['1', '2'], [], ['3']]);
    assert.deepEqual(asked, [[1, 2, 3]]);
    assert.deepEqual(await reads.read([1]), ['1']);
    assert.equal(asked.length, 2);
  });

  it('do not weigh more together than they may, but for one that does so alone', async () => {
    await Promise.all([reads.read([6]), reads.read([4]), reads.read([1]), reads.read([20]), reads.read([2])]);
    assert.deepEqual(asked, [[6, 4], [1], [20], [2]]);
  });

  it('fail together, and those of the next turn do not', async () => {
    const found = await Promise.allSettled([reads.read([1]), reads.read([7]), reads.read([2])]);
    assert.deepEqual(
      found.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    );
    assert.deepEqual(await reads.read([1]), ['1']);
  });
});
