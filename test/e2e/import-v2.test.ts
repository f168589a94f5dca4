import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  fieldsOf,
  openstackWithoutKeystone,
  pipedClient,
  runScript,
  tableRows,
  type PipedClient,
} from '../support/clients/openstack-clients.js';
import { startExample, type ExampleServer } from '../support/servers/example-server.js';
import { SourceHost } from '../support/servers/source-host.js';
import { until } from '../support/until.js';

const DATA = randomBytes(300_000);
const CHECKSUM = createHash('md5').update(DATA).digest('hex');
const FORMATS = ['--container-format', 'bare', '--disk-format', 'raw'];

const SCRIPT = fileURLToPath(new URL('openstacksdk-import.py', import.meta.url));

describe('imports of the clients of version 2', function () {
  // Each command takes seconds when the machine is busy.
  this.timeout(300_000);
  const source = new SourceHost().hooks();
  let server: ExampleServer;
  let folder: string;
  let file: string;
  let ann: PipedClient;
  let root: PipedClient;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'import-'));
    file = path.join(folder, 'data');
    await writeFile(file, DATA);
    source.put('/data', DATA);
    const stores = ['--store', 'fast=disk', '--store', 'slow=disk', '--default-store', 'fast'];
    server = await startExample(['--auth', 'token', '--allow-sources', '127.0.0.1/32', ...stores]);
    const as = (token: string): PipedClient => pipedClient('glance', server.url, token);
    [ann, root] = [as('ann:blue:member'), as('root:red:admin')];
  });

  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  /** The image once nothing is on its way to it. */
  async function ended(id: string): Promise<Record<string, unknown>> {
    let image: Record<string, unknown> = {};
    await until('the import ends', async () => {
      const headers = { 'x-auth-token': 'root:red:admin' };
      const answer = await fetch(`${server.url}/v2/images/${id}`, { headers });
      image = (await answer.json()) as Record<string, unknown>;
      return !('os_glance_import_task' in image) && image.status !== 'importing';
    });
    return image;
  }

  async function requireWhole(id: string, stores: string): Promise<void> {
    const image = await ended(id);
    assert.deepEqual([image.status, image.checksum, image.stores], ['active', CHECKSUM, stores]);
  }

  it('glance image-create-via-import glance-direct', async () => {
    const args = ['--import-method', 'glance-direct', '--file', file, '--name', 'direct'];
    const created = fieldsOf(await ann.call('image-create-via-import', ...FORMATS, ...args));
    await requireWhole(created.get('id')!, 'fast');
  });

  it('glance image-create-via-import web-download, and copy-image of the admin', async () => {
    const args = ['--import-method', 'web-download', '--uri', source.url('/data'), '--name', 'fetched'];
    const created = fieldsOf(await ann.call('image-create-via-import', ...FORMATS, ...args));
    const id = created.get('id')!;
    await requireWhole(id, 'fast');
    await root.call('image-import', id, '--import-method', 'copy-image', '--stores', 'slow');
    await requireWhole(id, 'fast,slow');
  });

  it('glance image-stage and image-import into stores, and the task of that', async () => {
    const created = fieldsOf(await ann.call('image-create', ...FORMATS, '--name', 'both'));
    const id = created.get('id')!;
    await ann.call('image-stage', '--file', file, id);
    assert.equal((await ended(id)).status, 'uploading');
    await ann.call('image-import', id, '--import-method', 'glance-direct', '--stores', 'slow,fast');
    await requireWhole(id, 'slow,fast');
    assert.match(await ann.call('image-tasks', id), /success/);
  });

  it('glance stores-info and import-info', async () => {
    const stores = JSON.stringify(tableRows(await ann.call('stores-info')));
    for (const name of ['fast', 'slow']) assert.ok(stores.includes(name), stores);
    const methods = fieldsOf(await ann.call('import-info')).get('import-methods')!;
    assert.match(methods.replaceAll(' ', ''), /\["glance-/);
  });

  it('openstack image create --import', async () => {
    const openstack = pipedClient('openstack', server.url, 'ann:blue:member');
    const args = ['--import', '--file', file, ...FORMATS, '-f', 'value', '-c', 'id', 'by-openstack'];
    const id = (await openstack.call('image', 'create', ...args)).trim();
    await requireWhole(id, 'fast');
  });

  it('openstacksdk, staged and fetched', async () => {
    const env = openstackWithoutKeystone(server.url, 'ann:blue:member');
    const told = await runScript(SCRIPT, [file, source.url('/data')], env);
    const lines = told.split('\n').filter((line) => line.startsWith('['));
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      [
        ['active', CHECKSUM],
        ['active', CHECKSUM],
      ],
    );
  });
});
