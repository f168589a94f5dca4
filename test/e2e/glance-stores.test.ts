import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fieldsOf, pipedClient, tableRows, type PipedClient } from '../support/clients/openstack-clients.js';
import { startExample, type ExampleServer } from '../support/servers/example-server.js';
import { SourceHost } from '../support/servers/source-host.js';

/** A value of a table as JSON: long ones go on in rows without a name. */
function jsonOf(output: string, field: string): unknown {
  const rows = tableRows(output);
  const first = rows.findIndex(([name]) => name === field);
  const next = rows.findIndex(([name], index) => index > first && name !== '');
  const lines = rows.slice(first, next === -1 ? undefined : next).map(([, value]) => value);
  return JSON.parse(lines.join(' '));
}

describe('python-glanceclient, several stores', function () {
  // Each command takes seconds when the machine is busy.
  this.timeout(300_000);
  const source = new SourceHost().hooks();
  let server: ExampleServer;
  let folder: string;
  let ann: PipedClient;
  let root: PipedClient;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'glance-stores-'));
    await writeFile(path.join(folder, 'data'), 'data');
    const stores = ['--store', 'fast=disk', '--store', 'slow=disk', '--store', 'web=http'];
    const locations = ['--show-multiple-locations', '--allow-sources', '127.0.0.0/8'];
    server = await startExample(['--auth', 'token', ...stores, ...locations]);
    ann = pipedClient('glance', server.url, 'ann:blue:member');
    root = pipedClient('glance', server.url, 'root:red:admin');
  });

  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it('tells of the stores', async () => {
    assert.deepEqual(jsonOf(await ann.call('stores-info'), 'stores'), [
      { id: 'fast', default: 'true' },
      { id: 'slow' },
      { id: 'web', 'read-only': 'true' },
    ]);
    const detail = jsonOf(await root.call('stores-info', '--detail'), 'stores') as { type: string }[];
    assert.deepEqual(
      detail.map(({ type }) => type),
      ['file', 'file', 'http'],
    );
  });

  it('puts data into a store, adds locations, and takes the first copy away', async () => {
    const file = path.join(folder, 'data');
    const formats = ['--disk-format', 'raw', '--container-format', 'bare'];
    const created = fieldsOf(await ann.call('image-create', ...formats, '--store', 'slow', '--file', file));
    const id = created.get('id') ?? '';
    assert.equal(created.get('stores'), 'slow');
    const url = source.put('/data', Buffer.from('data'));
    await ann.call('location-add', '--url', url, '--metadata', '{"rack":"1"}', id);
    const updated = await ann.call('location-update', '--url', url, '--metadata', '{"rack":"2"}', id);
    assert.equal(fieldsOf(updated).get('stores'), 'slow,web');
    const shown = jsonOf(updated, 'locations') as { url: string; metadata: object }[];
    assert.deepEqual(shown[1], { url, metadata: { rack: '2', store: 'web' } });
    await ann.call('stores-delete', '--store', 'slow', id);
    assert.equal(fieldsOf(await ann.call('image-show', id)).get('stores'), 'web');
    const fetched = path.join(folder, 'fetched');
    await ann.call('image-download', '--file', fetched, id);
    assert.equal(await readFile(fetched, 'utf8'), 'data');
    await assert.rejects(ann.call('location-delete', '--url', url, id), /only location/);
    await ann.call('image-delete', id);
  });
});
