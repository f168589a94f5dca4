import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { keystone } from '../../lib/identity/keystone.js';
import { FakeKeystone } from '../support/servers/fake-keystone.js';
import { runWell } from '../support/run.js';
import { whoami, type Said } from '../support/clients/whoami.js';

describe('keystone over https', () => {
  let folder: string;
  let cert: string;
  let fake: FakeKeystone;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'keystone-tls-'));
    const files = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')] as const;
    const subject = ['-subj', '/CN=keystone', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const out = ['-nodes', '-days', '1', '-keyout', files[0], '-out', files[1]];
    await runWell('openssl', ['req', '-x509', ...curve, ...subject, ...out]);
    cert = await readFile(files[1], 'utf8');
    fake = await FakeKeystone.start({ key: await readFile(files[0], 'utf8'), cert });
    const expires = Date.now() + 3_600_000;
    fake.tokens.set('good', { user: 'ann', scope: { project: 'blue' }, roles: [], expires });
  });

  after(async () => {
    await fake.close();
    await rm(folder, { recursive: true });
  });

  async function ask(options: { readonly ca?: string }): Promise<Said> {
    const credentials = { username: 'images', password: 'S3cret', projectName: 'service' };
    const strategy = keystone({ url: fake.url, credentials, ...options });
    const server = await whoami(strategy);
    try {
      return await server.ask({ 'x-auth-token': 'good' });
    } finally {
      await server.close();
      await strategy.close?.();
    }
  }

  it('trusts a certificate that the option ca vouches for', async () => {
    assert.equal((await ask({ ca: cert })).identity?.user, 'ann');
  });

  it('sends nothing to a Keystone whose certificate nobody vouches for', async () => {
    const logins = fake.logins.length;
    const said = await ask({});
    assert.equal(said.code, 'unavailable');
    assert.match(said.message ?? '', /self-signed certificate/);
    assert.equal(fake.logins.length, logins);
  });
});
