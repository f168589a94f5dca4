import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { keystone } from '../../lib/identity/keystone.js';
import type { ProjectUser } from '../support/servers/keystone-admin.js';
import { startKeystone, type Keystone } from '../support/servers/keystone.js';
import { fieldsOf, runClientWell, type ClientProgram } from '../support/clients/openstack-clients.js';
import { serve, type Served } from '../support/mounts/serve.js';

const DATA = 'the data of an image';

type Row = Readonly<Record<string, unknown>>;

describe('A real Keystone, and clients of version 2', function () {
  this.timeout(300_000);
  let folder: string;
  let real: Keystone;
  let served: Served;
  let ann: ProjectUser;
  let bob: ProjectUser;
  let id: string;
  /** What has to be ended, first things last. */
  const started: (() => Promise<void>)[] = [];

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'keystone-v2-'));
    started.unshift(() => rm(folder, { recursive: true }));
    real = await startKeystone();
    started.unshift(() => real.stop());
    const images = await real.admin.addUser('images', 'service', 'service');
    ann = await real.admin.addUser('ann', 'blue', 'member');
    bob = await real.admin.addUser('bob', 'green', 'member');
    const credentials = { username: images.name, password: images.password, projectName: images.project };
    served = await serve({
      authenticate: keystone({ url: `${real.url}/v3`, credentials }),
      dataDir: path.join(folder, 'registry'),
    });
    started.unshift(() => served.close());
    // As docs/clients.md has it: without a version.
    await real.admin.addEndpoint('image', served.url);
    await writeFile(path.join(folder, 'data'), DATA);
  });

  after(async () => {
    for (const end of started) await end();
  });

  function as(
    program: ClientProgram,
    { name, password, project }: ProjectUser,
    ...args: string[]
  ): Promise<string> {
    return runClientWell(program, args, {
      OS_AUTH_URL: `${real.url}/v3`,
      OS_IDENTITY_API_VERSION: '3',
      OS_IMAGE_API_VERSION: '2',
      OS_USERNAME: name,
      OS_PASSWORD: password,
      OS_PROJECT_NAME: project,
      OS_USER_DOMAIN_NAME: 'Default',
      OS_PROJECT_DOMAIN_NAME: 'Default',
    });
  }

  it('openstack creates an image, which belongs to the project', async () => {
    const formats = ['--disk-format', 'raw', '--container-format', 'bare', '-f', 'json'];
    const file = ['--file', path.join(folder, 'data')];
    const created = await as('openstack', ann, 'image', 'create', ...formats, ...file, 'disk');
    const image = JSON.parse(created) as Row;
    assert.equal(image.owner, ann.projectId);
    id = String(image.id);
  });

  it('openstack shares it with a project, which accepts it', async () => {
    await as('openstack', ann, 'image', 'add', 'project', id, bob.projectId);
    await as('openstack', bob, 'image', 'set', '--accept', id);
    const listed = await as('openstack', bob, 'image', 'list', '--shared', '--long', '-f', 'json');
    assert.deepEqual(
      (JSON.parse(listed) as Row[]).map(({ ID, Status, Project }) => [ID, Status, Project]),
      [[id, 'active', ann.projectId]],
    );
  });

  it('glance shows it, and downloads its data', async () => {
    const shown = fieldsOf(await as('glance', bob, 'image-show', id));
    assert.equal(shown.get('owner'), ann.projectId);
    const copy = path.join(folder, 'copy');
    await as('glance', bob, 'image-download', '--file', copy, id);
    assert.equal(await readFile(copy, 'utf8'), DATA);
  });

  it('openstack rejects it', async () => {
    await as('openstack', bob, 'image', 'set', '--reject', id);
    assert.deepEqual(JSON.parse(await as('openstack', bob, 'image', 'list', '-f', 'json')), []);
  });
});
