import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { basic, type BasicOptions } from '../../lib/identity/basic.js';
import type { Authenticate } from '../../lib/identity/identity.js';
import { bareRequest } from '../support/clients/bare-request.js';

/** Made by `htpasswd -nbBC 4`: passwords `Größe:1` and `hunter2`. */
const ANN = 'ann:$2y$04$RX/28q488RrazKBvCX5RBe9VmApB46tHoBcMituZLeaivVOfakq2C';
const BOB = 'bob:$2y$04$N.zdZT5q/uXoJV0lZbqejukNWUINsEUAPcP8bOgP4adMlctsnGOAq';
/** Made by `htpasswd -nbm`. */
const MD5 = 'eve:$apr1$qufWfvUB$fqwtIYMAJHupjsIEM24pO.';

describe('basic with a file of htpasswd', () => {
  let folder: string;
  let file: string;
  let strategy: Authenticate;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'htpasswd-'));
    file = path.join(folder, 'users');
  });
  afterEach(async () => {
    await strategy.close?.();
    await rm(folder, { recursive: true });
  });

  async function start(text: string, options: Omit<BasicOptions, 'file'> = {}): Promise<void> {
    await writeFile(file, text);
    strategy = basic({ file, ...options });
    await strategy.open?.();
  }
  const ask = async (text: string) =>
    strategy(bareRequest({ authorization: `Basic ${Buffer.from(text).toString('base64')}` }));

  it('knows the users of the file', async () => {
    await start(`# people\n${ANN}\r\n\n${BOB}\n`, {
      projects: { bob: { project: 'red', roles: ['admin'] } },
    });
    const ann = { user: 'ann', project: 'ann', roles: ['member'], admin: false };
    assert.deepEqual(await ask('ann:Größe:1'), ann);
    assert.deepEqual(await ask('bob:hunter2'), {
      user: 'bob',
      project: 'red',
      roles: ['admin'],
      admin: true,
    });
    assert.equal(await ask('ann:hunter2'), null);
    assert.equal(await ask('eve:hunter2'), null);
  });

  it('takes the path alone', async () => {
    await writeFile(file, BOB);
    strategy = basic(file);
    assert.equal((await ask('bob:hunter2'))?.project, 'bob', 'read with the first request');
  });

  const faults: readonly (readonly [string, string, RegExp])[] = [
    ['a hash of MD5', `${ANN}\n${MD5}\n`, /users line 2: the hash is not a bcrypt hash/],
    ['a password in clear', `${ANN}\n\neve:S3cret`, /users line 3: the hash is not a bcrypt hash/],
    ['no colon', 'S3cret', /users line 1: must be user:hash/],
    ['no name', ANN.slice(3), /users line 1: must be user:hash/],
    ['a user twice', `${ANN}\n${BOB}\n${ANN}`, /users line 3: this user is listed twice/],
  ];
  for (const [what, text, message] of faults) {
    it(`does not start with ${what}`, async () => {
      await assert.rejects(start(text), (error: Error) => {
        assert.equal(error.name, 'TypeError');
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /S3cret|\$2y|apr1/);
        return true;
      });
    });
  }

  it('does not start with projects of users who are not in the file', async () => {
    await assert.rejects(start(ANN, { projects: { bob: {} } }), /option projects\.bob/);
  });

  it('does not start without the file, and lets nobody in', async () => {
    strategy = basic(path.join(folder, 'none'));
    await assert.rejects(async () => strategy.open?.(), /ENOENT/);
    await assert.rejects(async () => ask('bob:hunter2'), /ENOENT/);
  });
});
