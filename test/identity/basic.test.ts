import assert from 'node:assert/strict';
import type { Identity } from '../../lib/index.js';
import { basic, type BasicOptions } from '../../lib/identity/basic.js';
import { hashSync } from '@node-rs/bcrypt';
import { bareRequest } from '../support/clients/bare-request.js';
import { settledSoon } from '../support/life/settled-soon.js';

/** Made by `htpasswd -nbBC 4 ann 'Größe:1'`. */
const HASH = '$2y$04$RX/28q488RrazKBvCX5RBe9VmApB46tHoBcMituZLeaivVOfakq2C';
const PASSWORD = 'Größe:1';
const USERS = { ann: { hash: HASH, project: 'blue', roles: ['member', 'Reader'] } };
const IS_ANN = { user: 'ann', project: 'blue', roles: ['member', 'Reader'], admin: false };
/** A quarter of a second of work or more. */
const EXPENSIVE = 12;

describe('basic', () => {
  let close: () => Promise<void>;

  function start(options: BasicOptions): (authorization?: string) => Promise<Identity | null> {
    const strategy = basic(options);
    close = async () => strategy.close?.();
    return async (authorization) =>
      strategy(bareRequest(authorization === undefined ? {} : { authorization }));
  }
  const header = (text: string | Buffer): string => `Basic ${Buffer.from(text).toString('base64')}`;
  const ann = header(`ann:${PASSWORD}`);

  afterEach(() => close());

  it('knows a user by the password, with umlauts and colons', async () => {
    const ask = start({ users: USERS });
    assert.deepEqual(await ask(ann), IS_ANN);
    assert.deepEqual(await ask(ann), IS_ANN, 'and again, from memory');
    assert.deepEqual(await ask(ann.replace('Basic', 'bAsIc ')), IS_ANN);
  });

  it('asks for it in UTF-8', async () => {
    const { challenge, close: end } = basic({ users: USERS });
    close = async () => end?.();
    await Promise.resolve();
    assert.equal(challenge, 'Basic realm="images", charset="UTF-8"');
  });

  it('takes hashes of $2a$, $2b$ and $2y$', async () => {
    for (const variant of ['$2a$', '$2b$', '$2y$']) {
      const ask = start({ users: { ann: { hash: HASH.replace('$2y$', variant) } } });
      assert.equal((await ask(ann))?.user, 'ann', variant);
      await close();
    }
  });

  it('by default the project is the name and the role is member; null is no project', async () => {
    const ask = start({
      users: { ann: { hash: HASH }, bob: { hash: HASH, project: null, roles: ['ADMIN'] } },
    });
    assert.deepEqual(await ask(ann), { user: 'ann', project: 'ann', roles: ['member'], admin: false });
    const bob = { user: 'bob', project: null, roles: ['ADMIN'], admin: true };
    assert.deepEqual(await ask(header(`bob:${PASSWORD}`)), bob);
  });

  it('knows admins by the role of the option', async () => {
    assert.equal((await start({ users: USERS, adminRole: 'READER' })(ann))?.admin, true);
  });

  const nobody: Readonly<Record<string, string | undefined>> = {
    'no header': undefined,
    'a wrong password': header('ann:wrong'),
    'no password': header('ann:'),
    'another case of the name': header(`Ann:${PASSWORD}`),
    'an unknown user': header(`eve:${PASSWORD}`),
    'a name of Object': header(`constructor:${PASSWORD}`),
    'no name': header(`:${PASSWORD}`),
    'no colon': header('ann'),
    'a control character': header(`ann:${PASSWORD}\0`),
    latin1: header(Buffer.from(`ann:${PASSWORD}`, 'latin1')),
    'a token': 'Bearer abc',
    'no base64': 'Basic ann:Größe',
    'something behind': `${ann}, Basic abc`,
    'a long header': header(`ann:${'x'.repeat(5000)}`),
  };
  for (const [what, authorization] of Object.entries(nobody)) {
    it(`does not know ${what}`, async () => {
      assert.equal(await start({ users: USERS })(authorization), null);
    });
  }

  it('remembers a right password for cacheTime, and never a wrong one', async () => {
    const clock = Date.now;
    let now = clock();
    Date.now = () => now;
    try {
      const ask = start({ users: { ann: { hash: hashSync('right', { cost: EXPENSIVE }) } }, cacheTime: 30 });
      const soon = async (password: string): Promise<boolean> => {
        const answer = ask(header(`ann:${password}`));
        const soonSettled = await settledSoon(answer);
        assert.equal((await answer)?.user, password === 'right' ? 'ann' : undefined);
        return soonSettled;
      };
      assert.equal(await soon('right'), false);
      assert.equal(await soon('right'), true);
      assert.equal(await soon('wrong'), false);
      assert.equal(await soon('wrong'), false);
      now += 29_999;
      assert.equal(await soon('right'), true);
      now += 1;
      assert.equal(await soon('right'), false);
    } finally {
      Date.now = clock;
    }
  });

  it('takes its time for unknown users, too', async () => {
    const ask = start({
      users: { ann: { hash: hashSync('right', { cost: EXPENSIVE }) }, bob: { hash: HASH } },
    });
    const answer = ask(header('eve:right'));
    assert.equal(await settledSoon(answer), false);
    assert.equal(await answer, null);
  });

  const bad: readonly (readonly [object, RegExp])[] = [
    [{}, /give either file or users/],
    [{ file: 'users', users: USERS }, /give either file or users/],
    [{ users: USERS, projects: {} }, /option projects needs file/],
    [{ file: '' }, /option file /],
    [{ users: { ann: {} } }, /option users\.ann\.hash is missing/],
    [{ users: { ann: { hash: 'S3cret' } } }, /option users\.ann\.hash must be a bcrypt hash/],
    [{ users: { ann: { hash: `${HASH}S3cret` } } }, /option users\.ann\.hash must/],
    [{ users: { 'ann:': { hash: HASH } } }, /option users: "ann:"/],
    [{ users: { ann: { hash: HASH, project: 7 } } }, /option users\.ann\.project /],
    [{ users: { ann: { hash: HASH, role: 'x' } } }, /no option users\.ann\.role/],
    [{ users: USERS, cacheTime: '1' }, /option cacheTime /],
  ];
  for (const [options, message] of bad) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      close = () => Promise.resolve();
      assert.throws(
        () => basic(options),
        (error: Error) => {
          assert.equal(error.name, 'TypeError');
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /S3cret/);
          return true;
        },
      );
    });
  }
});
