import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Authenticate } from '../../lib/index.js';
import { devTokens } from '../../lib/index.js';
import { basic } from '../../lib/identity/basic.js';
import { keystone } from '../../lib/identity/keystone.js';
import { FakeKeystone } from '../support/servers/fake-keystone.js';
import { serve, type Served } from '../support/mounts/serve.js';

/** Everything that a proxy in front might say about a caller; here the caller says it. */
const SPOOFED = {
  'x-identity-status': 'Confirmed',
  'x-service-identity-status': 'Confirmed',
  'x-user-id': 'root',
  'x-user': 'root',
  'x-project-id': 'red',
  'x-tenant-id': 'red',
  'x-tenant': 'red',
  'x-roles': 'admin',
  'x-role': 'admin',
  'x-is-admin-project': 'True',
  'x-service-roles': 'service',
  'x-service-token': 'good',
  'x-forwarded-user': 'root',
  'remote-user': 'root',
};
/** Password `hunter2`. */
const HASH = '$2y$04$N.zdZT5q/uXoJV0lZbqejukNWUINsEUAPcP8bOgP4adMlctsnGOAq';

describe('Identity headers that a caller makes up', () => {
  let folder: string;
  let fake: FakeKeystone;
  let served: Served | null = null;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'spoofed-'));
    fake = await FakeKeystone.start();
    const expires = Date.now() + 3_600_000;
    fake.tokens.set('good', { user: 'ann', scope: { project: 'blue' }, roles: ['member'], expires });
  });
  afterEach(async () => {
    await served?.close();
    served = null;
  });
  after(async () => {
    await fake.close();
    await rm(folder, { recursive: true });
  });

  const credentials = { username: 'images', password: 'x', projectName: 'service' };
  const strategies: Readonly<
    Record<string, readonly [() => Authenticate, Readonly<Record<string, string>>]>
  > = {
    devTokens: [devTokens, { 'x-auth-token': 'ann:blue:member' }],
    basic: [
      () => basic({ users: { ann: { hash: HASH, project: 'blue' } } }),
      { authorization: `Basic ${Buffer.from('ann:hunter2').toString('base64')}` },
    ],
    keystone: [() => keystone({ url: fake.url, credentials }), { 'x-auth-token': 'good' }],
    'a function of the host': [
      () => (request) =>
        request.headers.cookie === 'session=ann' ? { user: 'ann', project: 'blue', roles: ['member'] } : null,
      { cookie: 'session=ann' },
    ],
  };

  for (const [name, [strategy, proof]] of Object.entries(strategies)) {
    it(`count for nothing under ${name}`, async () => {
      const dataDir = path.join(folder, name.replaceAll(' ', '-'));
      served = await serve({ authenticate: strategy(), dataDir });
      const { url } = served;
      const plain = await fetch(`${url}/v1/images`, { headers: SPOOFED });
      assert.equal(plain.status, 401);
      assert.match(plain.headers.get('www-authenticate') ?? '', /^(Basic|Keystone|Token) /);

      const send = (headers: Readonly<Record<string, string>>): Promise<Response> =>
        fetch(`${url}/v1/images`, { method: 'POST', headers: { ...SPOOFED, ...proof, ...headers } });
      const created = await send({ 'x-image-meta-name': 'mine' });
      assert.equal(created.status, 201);
      const { image } = (await created.json()) as { image: { owner: string } };
      assert.equal(image.owner, 'blue', 'the real project owns it');

      // Only an admin may own an image for somebody else.
      const given = await send({ 'x-image-meta-name': 'given', 'x-image-meta-owner': 'red' });
      const owner = given.ok ? ((await given.json()) as { image: { owner: string } }).image.owner : 'blue';
      assert.equal(owner, 'blue');
    });
  }
});
