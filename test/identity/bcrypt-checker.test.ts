import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { hashSync } from 'bcryptjs';
import { BcryptChecker } from '../../lib/identity/bcrypt-checker.js';

describe('BcryptChecker', () => {
  let checker: BcryptChecker;

  beforeEach(() => {
    checker = new BcryptChecker();
  });
  afterEach(() => checker.close());

  it('tells right passwords from wrong ones', async () => {
    const hash = hashSync('right', 4);
    const answers = await Promise.all(['right', 'wrong', 'right'].map((text) => checker.check(text, hash)));
    assert.deepEqual(answers, [true, false, true]);
  });

  it('lets the rest of the process go on', async () => {
    const hash = hashSync('right', 12);
    let done = false;
    const answer = checker.check('right', hash).finally(() => (done = true));
    for (let turns = 0; turns < 1000; turns += 1) await turn();
    assert.equal(
      done,
      false,
      'a thousand turns of the event loop take a few ms, the check takes a quarter of a second',
    );
    assert.equal(await answer, true);
  });

  it('refuses more than 64 at a time', async () => {
    const hash = hashSync('right', 4);
    const answers = Array.from({ length: 64 }, () => checker.check('right', hash));
    await assert.rejects(checker.check('right', hash), { code: 'unavailable' });
    assert.ok((await Promise.all(answers)).every((matches) => matches));
    assert.equal(await checker.check('right', hash), true);
  });

  it('tells of a thread that failed, and starts another', async () => {
    await assert.rejects(checker.check('any', 'x'.repeat(60)), { code: 'unavailable' });
    assert.equal(await checker.check('right', hashSync('right', 4)), true);
  });

  it('tells those who wait when it is closed', async () => {
    const answer = checker.check('right', hashSync('right', 4));
    const outcome = assert.rejects(answer, { code: 'unavailable' });
    await checker.close();
    await outcome;
  });
});
