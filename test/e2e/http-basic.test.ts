import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { basic } from '../../lib/identity/basic.js';
import { runClient, runClientWell } from '../support/clients/openstack-clients.js';
import { serve, type Served } from '../support/mounts/serve.js';

/** Made by `htpasswd -nbBC 4 ann 'Größe:1'`. */
const USERS = 'ann:$2y$04$RX/28q488RrazKBvCX5RBe9VmApB46tHoBcMituZLeaivVOfakq2C\n';

describe('openstackclient with http_basic', function () {
  this.timeout(120_000);
  let folder: string;
  let served: Served;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'http-basic-'));
    const file = path.join(folder, 'users');
    await writeFile(file, USERS);
    served = await serve({
      authenticate: basic({ file, projects: { ann: { project: 'blue' } } }),
      dataDir: path.join(folder, 'data'),
    });
    const created = await fetch(`${served.url}/v1/images`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from('ann:Größe:1').toString('base64')}`,
        'x-image-meta-name': 'of ann',
      },
    });
    const { image } = (await created.json()) as { image: { owner: string } };
    assert.equal(image.owner, 'blue');
  });

  after(async () => {
    await served.close();
    await rm(folder, { recursive: true });
  });

  /** As the documentation of access tells people to write it. */
  async function clouds(password: string): Promise<NodeJS.ProcessEnv> {
    const file = path.join(folder, 'clouds.yaml');
    const auth = `{ endpoint: '${served.url}/v1', username: ann, password: '${password}' }`;
    const lines = ['auth_type: http_basic', `auth: ${auth}`, "image_api_version: '1'"];
    await writeFile(file, `clouds:\n  images:\n${lines.map((line) => `    ${line}\n`).join('')}`);
    return { OS_CLIENT_CONFIG_FILE: file, OS_CLOUD: 'images' };
  }

  it('lists with the right password', async () => {
    const env = await clouds('Größe:1');
    const listed = await runClientWell('openstack', ['image', 'list', '-f', 'json'], env);
    assert.deepEqual(
      (JSON.parse(listed) as { Name: string }[]).map(({ Name }) => Name),
      ['of ann'],
    );
  });

  it('is refused with a wrong one', async () => {
    const { code, stderr } = await runClient('openstack', ['image', 'list'], await clouds('wrong'));
    assert.notEqual(code, 0);
    assert.match(stderr, /401|Unauthorized/);
  });
});
