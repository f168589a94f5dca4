import assert from 'node:assert/strict';
import { KeptAnswers } from '../../lib/http/kept-answers.js';

const MIB = 1024 * 1024;

describe('answers that are kept', () => {
  it('are found by their key, as long as the stamp is the same', () => {
    const answers = new KeptAnswers();
    answers.keep('a', '1', { body: '{}', headers: { Link: 'x' } });
    answers.keep('b', '1', { body: '[]', headers: {} });
    assert.deepEqual(answers.find('a', '1'), { body: Buffer.from('{}'), headers: { Link: 'x' } });
    assert.equal(answers.find('c', '1'), undefined);
    assert.equal(answers.find('a', '2'), undefined);
    answers.keep('c', '2', { body: '{}', headers: {} });
    for (const key of ['a', 'b'])
      for (const stamp of ['1', '2']) assert.equal(answers.find(key, stamp), undefined);
  });

  it('take at most 32 MiB, by their bytes', () => {
    for (const [letter, bytes] of [
      ['x', 1],
      ['ж', 2],
    ] as const) {
      const answers = new KeptAnswers();
      const keys = Array.from({ length: 3000 }, (_, n) => String(n));
      for (const key of keys) answers.keep(key, '1', { body: letter.repeat(20 * 1024), headers: {} });
      const kept = keys.filter((key) => answers.find(key, '1') !== undefined).length;
      const most = (32 * MIB) / (20 * 1024 * bytes);
      assert.ok(kept <= most && kept > 0.98 * most, `${kept} of ${most}`);
    }
  });

  it('are none of more than 64 KiB, which a page of 100 images has', () => {
    const answers = new KeptAnswers();
    answers.keep('large', '1', { body: 'x'.repeat(64 * 1024), headers: {} });
    assert.equal(answers.find('large', '1'), undefined);
  });
});
