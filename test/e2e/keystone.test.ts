import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { keystone } from '../../lib/identity/keystone.js';
import type { KeystoneCredentials } from '../../lib/identity/keystone-options.js';
import type { ProjectUser } from '../support/servers/keystone-admin.js';
import { startKeystone, type Keystone } from '../support/servers/keystone.js';
import { fieldsOf, glanceClient, runClientWell, tableRows } from '../support/clients/openstack-clients.js';
import { serve, type Served } from '../support/mounts/serve.js';

const DATA = 'the data of an image';

describe('A real Keystone', function () {
  this.timeout(180_000);
  let folder: string;
  let real: Keystone;
  let images: ProjectUser;
  let ann: ProjectUser;
  let bob: ProjectUser;
  let served: Served;
  /** Tokens of ann's project blue and bob's project red. */
  let blue: string;
  let red: string;
  /** Ann's image. */
  let id: string;
  /** What has to be ended, first things last. */
  const started: (() => Promise<void>)[] = [];

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'keystone-e2e-'));
    started.unshift(() => rm(folder, { recursive: true }));
    real = await startKeystone();
    started.unshift(() => real.stop());
    images = await real.admin.addUser('images', 'service', 'service');
    ann = await real.admin.addUser('ann', 'blue', 'member');
    bob = await real.admin.addUser('bob', 'red', 'member');
    [blue, red] = [await real.admin.token(ann), await real.admin.token(bob)];
    served = await start('first', {
      username: images.name,
      password: images.password,
      projectName: images.project,
    });
    started.unshift(() => served.close());
    await writeFile(path.join(folder, 'data'), DATA);
  });

  after(async () => {
    for (const end of started) await end();
  });

  const logged: string[] = [];
  const log = (fields: object, message: string): void => void logged.push(`${message} ${inspect(fields)}`);

  /** Nothing is remembered, so that what Keystone says now is what counts. */
  const start = (name: string, credentials: KeystoneCredentials): Promise<Served> =>
    serve({
      authenticate: keystone({ url: `${real.url}/v3`, credentials, cacheTime: 0 }),
      dataDir: path.join(folder, name),
      logger: { debug: log, info: log, warn: log, error: log },
    });
  const get = (token: string, below = `/${id}`, at = served): Promise<Response> =>
    fetch(`${at.url}/v1/images${below}`, { headers: { 'x-auth-token': token } });

  it("gives an image to its creator's project", async () => {
    const formats = ['--disk-format', 'raw', '--container-format', 'bare'];
    const file = ['--name', 'of blue', '--file', path.join(folder, 'data')];
    const shown = fieldsOf(await glanceClient(served.url, blue)('image-create', ...formats, ...file));
    id = shown.get('id')!;
    assert.equal(shown.get('owner'), ann.projectId);
    assert.equal(shown.get('status'), 'active');
  });

  it('shows it to that project and to an admin, to no other', async () => {
    assert.equal(await (await get(blue)).text(), DATA);
    assert.equal(await (await get(await real.admin.ownToken())).text(), DATA);
    assert.equal((await get(red)).status, 404);
    assert.deepEqual(await (await get(red, '')).json(), { images: [] });
  });

  it('knows a caller without a project, who owns nothing', async () => {
    const unscoped = await real.admin.token(ann, false);
    assert.equal((await get(unscoped, '')).status, 200);
    assert.equal((await get(unscoped)).status, 404);
  });

  it('refuses what is no token, and tells where to get one', async () => {
    for (const token of ['', 'nonsense', `${blue.slice(0, -4)}AAAA`, 'ä', 'x'.repeat(5000)]) {
      const answer = await get(encodeURIComponent(token), '');
      assert.equal(answer.status, 401, token);
      assert.equal(answer.headers.get('www-authenticate'), `Keystone uri="${real.url}"`);
    }
  });

  it('serves a client that finds it in the catalogue', async () => {
    await real.admin.addEndpoint('image', served.url);
    const env = {
      OS_AUTH_URL: `${real.url}/v3`,
      OS_USERNAME: ann.name,
      OS_PASSWORD: ann.password,
      OS_PROJECT_NAME: ann.project,
      OS_USER_DOMAIN_ID: 'default',
      OS_PROJECT_DOMAIN_ID: 'default',
      OS_IDENTITY_API_VERSION: '3',
    };
    const listed = await runClientWell('glance', ['--os-image-api-version', '1', 'image-list'], env);
    assert.deepEqual(
      tableRows(listed)
        .slice(1)
        .map(([first]) => first),
      [id],
    );
  });

  it('shares it with another project as a member', async () => {
    const glance = glanceClient(served.url, blue);
    await glance('member-create', id, bob.projectId);
    assert.equal(await (await get(red)).text(), DATA);
    const [, ...members] = tableRows(await glance('member-list', '--image-id', id));
    assert.deepEqual(
      members.map(([, member]) => member),
      [bob.projectId],
    );
    await glance('member-delete', id, bob.projectId);
    assert.equal((await get(red)).status, 404);
  });

  it('takes an application credential of the registry', async () => {
    const { id: applicationCredentialId, secret } = await real.admin.applicationCredential(images);
    const other = await start('second', {
      applicationCredentialId,
      applicationCredentialSecret: secret,
    });
    try {
      assert.deepEqual(await (await get(blue, '', other)).json(), { images: [] });
    } finally {
      await other.close();
    }
  });

  const useless: Readonly<Record<string, readonly [RegExp, () => KeystoneCredentials]>> = {
    'a wrong password': [
      /refuses the registry's own credentials/,
      () => ({ username: 'images', password: 'S3cret', projectName: 'service' }),
    ],
    'a user who may not validate tokens': [
      /lacks the role/,
      () => ({ username: bob.name, password: bob.password, projectName: bob.project }),
    ],
    'a token that is not valid': [/refuses the registry's own token/, () => ({ token: 'S3cret' })],
  };
  for (const [what, [reason, credentials]] of Object.entries(useless)) {
    it(`is unavailable when the registry itself has ${what}, and the log tells why`, async () => {
      logged.length = 0;
      const other = await start(what.replaceAll(' ', '-'), credentials());
      try {
        const answer = await get(blue, '', other);
        assert.equal(answer.status, 503);
        assert.doesNotMatch(await answer.text(), reason);
        assert.match(logged.join('\n'), reason);
        assert.doesNotMatch(logged.join('\n'), /S3cret|password of/);
      } finally {
        await other.close();
      }
    });
  }

  it('refuses a token that was revoked', async () => {
    const token = await real.admin.token(ann);
    assert.equal((await get(token)).status, 200);
    await real.admin.revoke(token);
    assert.equal((await get(token)).status, 401);
  });

  it('is unavailable once Keystone has gone', async () => {
    await real.stop();
    assert.equal((await get(blue)).status, 503);
  });
});
