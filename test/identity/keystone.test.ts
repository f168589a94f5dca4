import assert from 'node:assert/strict';
import type { Authenticate } from '../../lib/identity/identity.js';
import { keystone } from '../../lib/identity/keystone.js';
import type { KeystoneOptions } from '../../lib/identity/keystone-options.js';
import { bareRequest } from '../support/clients/bare-request.js';
import { FakeKeystone, type FakeToken } from '../support/servers/fake-keystone.js';
import { until } from '../support/until.js';
import { whoami, type Whoami } from '../support/clients/whoami.js';

const NOON = Date.parse('2030-01-01T12:00:00Z');
const MINUTE = 60_000;
const CREDENTIALS = { username: 'images', password: 'S3cret', projectName: 'service' };
const ANN: FakeToken = {
  user: 'ann',
  scope: { project: 'blue' },
  roles: ['member', 'reader'],
  expires: NOON + 60 * MINUTE,
};
const IS_ANN = { identity: { user: 'ann', project: 'blue', roles: ['member', 'reader'], admin: false } };
const NOBODY = { identity: null };

describe('keystone', () => {
  let fake: FakeKeystone;
  let server: Whoami;
  let now: number;
  /** Requests that have come to the strategy. */
  let calls: number;
  const clock = Date.now;

  async function start(options: Partial<KeystoneOptions> = {}): Promise<void> {
    const strategy = keystone({ url: fake.url, credentials: CREDENTIALS, ...options });
    calls = 0;
    const counted: Authenticate = (request) => {
      calls += 1;
      return strategy(request);
    };
    const asked = await whoami(counted);
    server = {
      ask: (headers) => asked.ask(headers),
      close: async () => {
        await asked.close();
        await strategy.close?.();
      },
    };
  }
  const ask = (token: string) => server.ask({ 'x-auth-token': token });

  beforeEach(async () => {
    now = NOON;
    // Only the clock stands still: timers and sockets run as ever.
    Date.now = () => now;
    fake = await FakeKeystone.start();
    fake.tokens.set('good', ANN);
  });

  afterEach(async () => {
    Date.now = clock;
    await server.close();
    await fake.close();
  });

  it('tells who a token belongs to', async () => {
    await start();
    assert.deepEqual(await ask('good'), IS_ANN);
    assert.deepEqual(fake.asked, ['good']);
  });

  it('logs in with a password, domains by name', async () => {
    await start();
    await ask('good');
    const user = { name: 'images', domain: { name: 'Default' }, password: 'S3cret' };
    const scope = { project: { name: 'service', domain: { name: 'Default' } } };
    assert.deepEqual(fake.logins, [
      { auth: { identity: { methods: ['password'], password: { user } }, scope } },
    ]);
    await server.close();
    await start({ credentials: { ...CREDENTIALS, userDomain: 'people', projectDomain: 'things' } });
    await ask('good');
    assert.match(JSON.stringify(fake.logins[1]), /"images","domain":\{"name":"people"\}.*"name":"things"/);
  });

  it('logs in with an application credential', async () => {
    await start({ credentials: { applicationCredentialId: 'id', applicationCredentialSecret: 'S3cret' } });
    assert.deepEqual(await ask('good'), IS_ANN);
    const method = 'application_credential';
    assert.deepEqual(fake.logins, [
      { auth: { identity: { methods: [method], [method]: { id: 'id', secret: 'S3cret' } } } },
    ]);
  });

  it('uses a token that it is given', async () => {
    await start();
    await ask('good');
    await server.close();
    await start({ credentials: { token: 'own-1' } });
    assert.deepEqual(await ask('good'), IS_ANN);
    assert.equal(fake.logins.length, 1);
  });

  it('takes an address with /v3, with a slash and below a path', async () => {
    for (const suffix of ['/v3', '/v3/', '/']) {
      await start({ url: fake.url + suffix });
      assert.deepEqual(await ask('good'), IS_ANN, suffix);
      await server.close();
    }
    await start({ url: `${fake.url}/identity/v3` });
    assert.match((await ask('good')).message ?? '', /answered 404/);
  });

  it('tells clients where Keystone is', async () => {
    await start();
    const at = (options: Partial<KeystoneOptions>) =>
      keystone({ url: 'http://10.0.0.1:5000/v3/', credentials: CREDENTIALS, ...options }).challenge;
    assert.equal(at({}), 'Keystone uri="http://10.0.0.1:5000"');
    assert.equal(at({ publicUrl: 'https://id.example.org/a/' }), 'Keystone uri="https://id.example.org/a"');
  });

  it('has no project for tokens of a domain, of the system or without scope', async () => {
    await start();
    for (const scope of ['domain', 'system', null] as const) {
      fake.tokens.set(`of ${scope}`.replace(' ', '-'), {
        ...ANN,
        scope,
        roles: scope === null ? [] : ['Admin'],
      });
      const { identity } = await ask(`of-${scope}`);
      assert.equal(identity?.project, null);
      assert.equal(identity.admin, scope !== null, 'roles count as they are');
    }
  });

  it('knows admins by the role of the option', async () => {
    await start({ adminRole: 'READER' });
    assert.equal((await ask('good')).identity?.admin, true);
  });

  it('decodes a token that a client has percent-encoded', async () => {
    fake.tokens.set('a/b+c==', ANN);
    await start();
    assert.deepEqual(await ask('a%2Fb%2Bc%3D%3D'), IS_ANN);
  });

  it('does not know a request without a token, unless anonymous callers may read', async () => {
    await start();
    assert.deepEqual(await server.ask(), NOBODY);
    await server.close();
    await start({ allowAnonymous: true });
    assert.deepEqual(await server.ask(), {
      identity: { user: null, project: null, roles: [], admin: false, readOnly: true },
    });
    assert.deepEqual(await ask('bad'), NOBODY, 'a token that is not valid is no anonymous caller');
    assert.deepEqual(fake.asked, ['bad']);
  });

  it('does not ask Keystone about what cannot be a token', async () => {
    await start();
    for (const token of ['a%0d%0ab', 'a b', '%C3%BC', 'a%00']) assert.deepEqual(await ask(token), NOBODY);
    assert.deepEqual(await server.ask({ 'x-auth-token': ['good', 'good'] }), NOBODY);
    assert.deepEqual(fake.asked, []);
    assert.equal(fake.logins.length, 0);
  });

  it('takes tokens of up to 16 KiB', async () => {
    await start();
    const strategy = keystone({ url: fake.url, credentials: { token: 'own-1' } });
    await ask('good');
    // Node's servers refuse headers of such a length unless told otherwise, so these come from no server.
    assert.equal(await strategy(bareRequest({ 'x-auth-token': 'x'.repeat(16_385) })), null);
    assert.deepEqual(fake.asked, ['good'], 'what is longer is not even asked about');
    // The fake Keystone refuses them, too: that it was asked shows.
    await assert.rejects(
      async () => strategy(bareRequest({ 'x-auth-token': 'x'.repeat(16_384) })),
      /Keystone/,
    );
    await strategy.close?.();
  });

  it('keeps an answer for cacheTime and no longer', async () => {
    await start({ cacheTime: 120 });
    await ask('good');
    now += 2 * MINUTE - 1;
    assert.deepEqual(await ask('good'), IS_ANN);
    assert.equal(fake.asked.length, 1);
    fake.tokens.delete('good');
    now += 1;
    assert.deepEqual(await ask('good'), NOBODY);
    assert.equal(fake.asked.length, 2);
  });

  it('keeps no answer past the end of the token', async () => {
    fake.tokens.set('short', { ...ANN, expires: NOON + MINUTE });
    await start();
    assert.deepEqual(await ask('short'), IS_ANN);
    now += MINUTE;
    assert.deepEqual(await ask('short'), NOBODY, 'even if Keystone still says that it is valid');
    assert.equal(fake.asked.length, 2);
  });

  it('keeps nothing when cacheTime or cacheSize is 0', async () => {
    for (const options of [{ cacheTime: 0 }, { cacheSize: 0 }]) {
      fake.asked.length = 0;
      await start(options);
      await ask('good');
      await ask('good');
      assert.equal(fake.asked.length, 2);
      await server.close();
    }
    await start();
  });

  it('forgets the answer that was used longest ago when there are too many', async () => {
    await start({ cacheSize: 2 });
    for (const token of ['a', 'b', 'c']) fake.tokens.set(token, ANN);
    for (const token of ['a', 'b', 'a', 'c', 'a', 'b']) await ask(token);
    assert.deepEqual(fake.asked, ['a', 'b', 'c', 'b']);
  });

  it('keeps for negativeTime that a token is not valid, and no valid one is pushed out by that', async () => {
    await start({ cacheSize: 2, negativeTime: 5 });
    await ask('good');
    for (const token of ['b1', 'b1', 'b2', 'b3', 'good']) await ask(token);
    assert.deepEqual(fake.asked, ['good', 'b1', 'b2', 'b3']);
    fake.tokens.set('b3', ANN);
    now += 4999;
    assert.deepEqual(await ask('b3'), NOBODY);
    now += 1;
    assert.deepEqual(await ask('b3'), IS_ANN);
  });

  it('asks once for many requests with the same new token', async () => {
    await start();
    const release = fake.hold();
    const answers = Array.from({ length: 20 }, () => ask('good'));
    const other = ask('bad');
    await until('all requests are there', () => calls === 21);
    release();
    for (const answer of await Promise.all(answers)) assert.deepEqual(answer, IS_ANN);
    assert.deepEqual(await other, NOBODY);
    assert.deepEqual(fake.asked.toSorted(), ['bad', 'good']);
    assert.equal(fake.logins.length, 1);
  });

  it('renews its own token before the end, and when Keystone no longer takes it', async () => {
    await start({ cacheTime: 0, cacheSize: 0 });
    await ask('good');
    now += 59 * MINUTE - 1;
    await ask('good');
    assert.equal(fake.logins.length, 1);
    now += 1;
    await ask('good');
    assert.equal(fake.logins.length, 2);
    fake.revokeOwn();
    assert.deepEqual(await ask('good'), IS_ANN);
    assert.equal(fake.logins.length, 3);
  });

  it('sends a request again when Keystone has closed the kept connection', async () => {
    await start({ cacheTime: 0 });
    await ask('good');
    assert.equal(fake.connections, 1, 'connections are kept');
    fake.dropConnections();
    assert.deepEqual(await ask('good'), IS_ANN);
  });
});
