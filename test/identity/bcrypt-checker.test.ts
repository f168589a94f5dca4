import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { hashSync } from '@node-rs/bcrypt';
import { BcryptChecker } from '../../lib/identity/bcrypt-checker.js';

describe('BcryptChecker', () => {
  let checker: BcryptChecker;
  const hash = hashSync('right', { cost: 4 });

  beforeEach(() => {
    checker = new BcryptChecker();
  });
  afterEach(() => checker.close());

  it('tells right passwords from wrong ones', async () => {
    const answers = await Promise.all(['right', 'wrong', 'right'].map((text) => checker.check(text, hash)));
    assert.deepEqual(answers, [true, false, true]);
  });

  it('knows hashes of htpasswd, of passwords in UTF-8, and of the first 72 bytes of long ones', async () => {
    // Made by `htpasswd -nbBC 4 ann 'Größe:1'`.
    const ofHtpasswd = '$2y$04$RX/28q488RrazKBvCX5RBe9VmApB46tHoBcMituZLeaivVOfakq2C';
    assert.equal(await checker.check('Größe:1', ofHtpasswd), true);
    assert.equal(await checker.check('Grosse:1', ofHtpasswd), false);
    const long = hashSync('a'.repeat(72), { cost: 4 });
    assert.equal(await checker.check('a'.repeat(100), long), true);
    assert.equal(await checker.check('a'.repeat(71), long), false);
  });

  it('lets the rest of the process go on', async () => {
    let done = false;
    const answer = checker.check('right', hashSync('right', { cost: 12 })).finally(() => (done = true));
    for (let turns = 0; turns < 1000; turns += 1) await turn();
    assert.equal(
      done,
      false,
      'a thousand turns of the event loop take a few ms, the check takes a quarter of a second',
    );
    assert.equal(await answer, true);
  });

  it('checks one after the other', async () => {
    const ended: string[] = [];
    const slow = checker.check('right', hashSync('right', { cost: 10 })).then(() => ended.push('slow'));
    const quick = checker.check('right', hash).then(() => ended.push('quick'));
    await Promise.all([slow, quick]);
    assert.deepEqual(ended, ['slow', 'quick']);
  });

  it('refuses more than 64 at a time', async () => {
    const answers = Array.from({ length: 64 }, () => checker.check('right', hash));
    await assert.rejects(checker.check('right', hash), { code: 'unavailable' });
    assert.ok((await Promise.all(answers)).every((matches) => matches));
    assert.equal(await checker.check('right', hash), true);
  });

  it('tells those who wait when it is closed, and can be used again', async () => {
    const outcomes = [checker.check('right', hash), checker.check('right', hash)].map((answer) =>
      assert.rejects(answer, { code: 'unavailable' }),
    );
    await checker.close();
    await Promise.all(outcomes);
    assert.equal(await checker.check('right', hash), true);
  });
});
