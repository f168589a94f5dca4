import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startExample } from '../support/servers/example-server.js';
import { runScript, openstackWithoutKeystone } from '../support/clients/openstack-clients.js';

const SCRIPT = fileURLToPath(new URL('openstacksdk.py', import.meta.url));
const DATA = randomBytes(3_000_000);

const hash = (algorithm: string): string => createHash(algorithm).update(DATA).digest('hex');

describe('openstacksdk, version 2', function () {
  this.timeout(300_000);
  let folder: string;
  /** What the script told, by name. */
  let told: Record<string, unknown>;
  const view = (name: string): Record<string, unknown> => told[name] as Record<string, unknown>;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'openstacksdk-'));
    const [source, copy] = [path.join(folder, 'data'), path.join(folder, 'copy')];
    await writeFile(source, DATA);
    const server = await startExample(['--auth', 'token']);
    try {
      const env = openstackWithoutKeystone(server.url, 'ann:blue:member');
      const output = await runScript(SCRIPT, [source, copy], env);
      const lines = output.split('\n').filter((line) => line !== '');
      told = Object.assign({}, ...lines.map((line) => JSON.parse(line) as object)) as typeof told;
    } finally {
      await server.stop();
    }
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  it('creates an image from a file, and checks its checksum', () => {
    const { properties, id, ...image } = view('created');
    assert.match(String(id), /^[0-9a-f-]{36}$/);
    assert.deepEqual(image, {
      name: 'ubuntu:22.04',
      status: 'active',
      size: DATA.length,
      checksum: hash('md5'),
      hash_algo: 'sha512',
      hash_value: hash('sha512'),
      owner: 'blue',
      visibility: 'shared',
      min_ram: 0,
      os_distro: 'ubuntu',
      tags: ['stable'],
    });
    assert.deepEqual(properties, {
      'owner_specified.openstack.md5': hash('md5'),
      'owner_specified.openstack.sha256': hash('sha256'),
      'owner_specified.openstack.object': 'images/ubuntu:22.04',
      stores: 'file',
    });
  });

  it('creates an image from memory', () => {
    const { status, size, checksum } = view('piped');
    assert.deepEqual(
      { status, size, checksum },
      { status: 'active', size: DATA.length, checksum: hash('md5') },
    );
  });

  it('finds it by its name and by its id', () => {
    assert.equal(told.found, view('created').id);
    assert.equal(told.found_by_id, 'ubuntu:22.04');
    assert.equal(told.nothing, null);
  });

  it('updates an image that it has, and one that it knows the id of', () => {
    const { min_ram, os_distro } = view('updated');
    assert.deepEqual([min_ram, os_distro], [64, 'Ubuntu']);
    const { properties, ...changed } = view('by_id');
    assert.deepEqual([changed.min_ram, changed.os_distro, changed.tags], [128, 'Ubuntu', ['one', 'two']]);
    assert.equal((properties as Record<string, unknown>).release, '22.04');
  });

  it('downloads the very bytes, at once and in chunks', async () => {
    assert.ok((await readFile(path.join(folder, 'copy'))).equals(DATA));
    assert.equal(told.downloaded, hash('sha512'));
    assert.equal(told.chunks, Math.ceil(DATA.length / (64 * 1024)));
  });

  it('lists page by page, and by tag and size', () => {
    assert.deepEqual(told.listed, ['from memory', 'ubuntu:22.04']);
    assert.deepEqual(told.tagged, ['ubuntu:22.04']);
    assert.deepEqual(told.large, []);
  });

  it('adds and removes members and tags', () => {
    assert.deepEqual(told.members, [['green', 'pending']]);
    assert.deepEqual(told.no_members, []);
    assert.deepEqual(told.tags, ['three', 'two']);
  });

  it('deactivates and reactivates', () => {
    assert.equal(told.deactivated, 'deactivated');
    assert.equal(told.reactivated, 'active');
  });

  it('is told why something is refused', () => {
    assert.equal(told.refused, 403);
    assert.match(String(told.details), /public/);
  });

  it('loses no property when it adds one to an image that it has: docs/clients.md', () => {
    assert.deepEqual([told.purged, told.purged_details], [403, 'stores cannot be set.']);
    assert.deepEqual(told.kept, view('piped').properties);
  });

  it('deletes, and knows when there was nothing', () => {
    assert.deepEqual(told.deleted, [true, true, false]);
    assert.deepEqual(told.left, []);
  });
});
