import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { keystone } from '../../lib/identity/keystone.js';
import type { KeystoneOptions } from '../../lib/identity/keystone-options.js';
import { FakeKeystone, FAULTS } from '../support/servers/fake-keystone.js';
import { whoami, type Said, type Whoami } from '../support/clients/whoami.js';

const CREDENTIALS = { username: 'images', password: 'S3cret-of-images', projectName: 'service' };

describe('keystone, when Keystone does not work', () => {
  let fake: FakeKeystone;
  let server: Whoami;
  let close: () => Promise<void>;

  async function start(options: Partial<KeystoneOptions> = {}): Promise<void> {
    const strategy = keystone({ url: fake.url, credentials: CREDENTIALS, cacheTime: 0, ...options });
    server = await whoami(strategy);
    close = async () => {
      await server.close();
      await strategy.close?.();
    };
  }

  beforeEach(async () => {
    fake = await FakeKeystone.start();
    const expires = Date.now() + 3_600_000;
    fake.tokens.set('good', { user: 'ann', scope: { project: 'blue' }, roles: [], expires });
    close = () => Promise.resolve();
  });

  afterEach(async () => {
    await close();
    await fake.close();
  });

  const ask = (token = 'good'): Promise<Said> => server.ask({ 'x-auth-token': token });

  function assertUnavailable(said: Said, message: RegExp): void {
    assert.equal(said.code, 'unavailable', inspect(said));
    assert.match(said.message ?? '', message);
    assert.doesNotMatch(said.message ?? '', /S3cret/);
  }

  for (const [name, fault] of Object.entries(FAULTS)) {
    it(`is unavailable, and works again later: one that ${name}`, async () => {
      await start(name === 'does not answer' ? { deadline: 2000 } : {});
      fake.fault = fault;
      assertUnavailable(await ask(), /Keystone/);
      fake.fault = null;
      assert.equal((await ask()).identity?.user, 'ann');
      fake.fault = fault;
      assertUnavailable(await ask(), /Keystone/);
      assertUnavailable(await ask('bad'), /Keystone/);
      fake.fault = null;
      assert.equal((await ask('bad')).identity, null, 'an outage is not remembered');
    });
  }

  it('is unavailable when nobody listens', async () => {
    const gone = await FakeKeystone.start();
    const { url } = gone;
    await gone.close();
    await start({ url });
    assertUnavailable(await ask(), /cannot be reached: .*ECONNREFUSED/);
  });

  for (const status of [401, 403] as const) {
    it(`is unavailable when its own credentials are refused with ${status}, and does not try again at once`, async () => {
      await start();
      fake.refuseLogin = status;
      assertUnavailable(await ask(), /refuses the registry's own credentials/);
      assertUnavailable(await ask(), /refuses the registry's own credentials/);
      assert.equal(fake.logins.length, 1, 'many tries can lock an account');
      assert.deepEqual(fake.asked, []);
    });
  }

  it('tries refused credentials again after negativeTime', async () => {
    await start({ negativeTime: 0 });
    fake.refuseLogin = 401;
    assertUnavailable(await ask(), /credentials/);
    fake.refuseLogin = null;
    assert.equal((await ask()).identity?.user, 'ann');
  });

  it('is unavailable when it may not validate tokens', async () => {
    await start();
    fake.forbidValidation = true;
    assertUnavailable(await ask(), /lacks the role/);
  });

  it('is unavailable when the token that it was given is not valid', async () => {
    await start({ credentials: { token: 'S3cret-token' } });
    assertUnavailable(await ask(), /refuses the registry's own token/);
    assert.equal(fake.asked.length, 2);
  });

  it('gives everyone who waits for the same token the same outage, then starts anew', async () => {
    await start();
    fake.fault = FAULTS['answers 500'];
    const release = fake.hold();
    const answers = [ask(), ask(), ask()];
    release();
    for (const said of await Promise.all(answers)) assertUnavailable(said, /answered 500/);
    fake.fault = null;
    assert.equal((await ask()).identity?.user, 'ann');
  });

  const url = 'http://127.0.0.1:5000';
  const credentials = CREDENTIALS;
  const bad: readonly (readonly [object, RegExp])[] = [
    [{ credentials }, /option url is missing/],
    [{ url: 'keystone:5000', credentials }, /option url /],
    [{ url: 'ftp://keystone', credentials }, /option url /],
    [{ url: 'http://u:S3cret@keystone', credentials }, /option url /],
    [{ url: 'http://keystone/?a=b', credentials }, /option url /],
    [{ url, credentials, publicUrl: 'id.example.org' }, /option publicUrl /],
    [{ url }, /option credentials is missing/],
    [{ url, credentials: {} }, /credentials: option (username|password|projectName) is missing/],
    [{ url, credentials: { ...credentials, projectName: undefined } }, /option projectName is missing/],
    [{ url, credentials: { ...credentials, password: 7 } }, /option password /],
    [{ url, credentials: { ...credentials, token: 'x' } }, /credentials: there is no option/],
    [{ url, credentials: { token: 'S3cret\n' } }, /option token /],
    [{ url, credentials: { applicationCredentialId: 'x' } }, /applicationCredentialSecret is missing/],
    [{ url, credentials, cacheTime: -1 }, /option cacheTime /],
    [{ url, credentials, cacheSize: 1.5 }, /option cacheSize /],
    [{ url, credentials, deadline: 0 }, /option deadline /],
    [{ url, credentials, timeout: 5 }, /no option timeout/],
  ];
  for (const [options, message] of bad) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(
        () => keystone(options as KeystoneOptions),
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
