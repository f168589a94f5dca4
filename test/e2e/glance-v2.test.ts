import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startExample, type ExampleServer } from '../support/servers/example-server.js';
import {
  asFromHeader,
  fieldsOf,
  pipedClient,
  tableRows,
  type PipedClient,
} from '../support/clients/openstack-clients.js';

const ISO = '/usr/lib/ipxe/ipxe.iso';
const NAME = 'iPXE: für alle';
const DATA = randomBytes(100_000);
const FORMATS = ['--container-format', 'bare', '--disk-format'];

const md5 = (data: Buffer): string => createHash('md5').update(data).digest('hex');

describe('python-glanceclient, version 2', function () {
  // Each command takes seconds when the machine is busy.
  this.timeout(300_000);
  let server: ExampleServer;
  let folder: string;
  let ann: PipedClient;
  let bob: PipedClient;
  let root: PipedClient;
  /** Ids of the images. */
  let [iso, piped, uploaded] = ['', '', ''];

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'glance-'));
    await writeFile(path.join(folder, 'data'), DATA);
    server = await startExample(['--auth', 'token']);
    const as = (token: string): PipedClient => pipedClient('glance', server.url, token);
    [ann, bob, root] = [as('ann:blue:member'), as('bob:green:member'), as('root:red:admin')];
  });

  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const show = async (client: PipedClient, id: string): Promise<Map<string, string>> =>
    fieldsOf(await client.call('image-show', id));

  /** The names that it lists. */
  async function names(client: PipedClient, ...args: string[]): Promise<unknown[]> {
    const [, ...rows] = tableRows(await client.call('image-list', ...args));
    return rows.map(([, name]) => name);
  }

  it('creates an image from a file', async () => {
    const more = ['--property', 'edition=Größe 1', '--os-distro', 'ipxe', '--tags', 'stable', 'small'];
    const created = fieldsOf(
      await ann.call('image-create', '--name', NAME, ...FORMATS, 'iso', '--file', ISO, ...more),
    );
    const data = await readFile(ISO);
    iso = created.get('id')!;
    for (const [field, value] of Object.entries({
      name: NAME,
      status: 'active',
      size: String(data.length),
      checksum: md5(data),
      os_hash_algo: 'sha512',
      // The table has its first line.
      os_hash_value: createHash('sha512').update(data).digest('hex').slice(0, 80),
      owner: 'blue',
      visibility: 'shared',
      edition: 'Größe 1',
      os_distro: 'ipxe',
    }))
      assert.equal(created.get(field), value, field);
    assert.deepEqual((JSON.parse(created.get('tags')!) as string[]).sort(), ['small', 'stable']);
  });

  it('creates an image from what is piped in', async () => {
    const args = ['--name', 'piped', ...FORMATS, 'raw', '--visibility', 'private'];
    const created = fieldsOf(await ann.pipe(DATA, 'image-create', ...args));
    assert.equal(created.get('status'), 'active');
    assert.equal(created.get('checksum'), md5(DATA));
    piped = created.get('id')!;
  });

  it('reserves an image and brings the data later', async () => {
    const args = ['--name', 'uploaded', ...FORMATS, 'raw', '--visibility', 'community'];
    const created = fieldsOf(await bob.call('image-create', ...args));
    assert.equal(created.get('status'), 'queued');
    uploaded = created.get('id')!;
    await bob.call('image-upload', '--file', path.join(folder, 'data'), uploaded);
    assert.equal((await show(ann, uploaded)).get('checksum'), md5(DATA));
    await assert.rejects(
      bob.pipe(DATA, 'image-upload', uploaded),
      /HTTP Data can only be uploaded to a queued image/,
    );
  });

  const filters: readonly (readonly [string[], string[]])[] = [
    [[], [NAME, 'piped']],
    [
      ['--page-size', '1'],
      [NAME, 'piped'],
    ],
    [['--limit', '1'], [NAME]],
    [['--visibility', 'community'], ['uploaded']],
    [['--owner', 'blue', '--tag', 'small', '--tag', 'stable'], [NAME]],
    [['--property-filter', 'edition=Größe 1'], [NAME]],
    [['--property-filter', 'name=piped'], ['piped']],
    [['--property-filter', 'os_distro=nothing'], []],
    [['--checksum', md5(DATA)], ['piped']],
    [['--hash', createHash('sha512').update(DATA).digest('hex')], ['piped']],
    [
      ['--sort-key', 'name', '--sort-dir', 'desc'],
      ['piped', NAME],
    ],
    [
      ['--sort', 'size:asc'],
      ['piped', NAME],
    ],
    [
      ['--sort-key', 'size', '--page-size', '1'],
      [NAME, 'piped'],
    ],
    [['--hidden', 'True'], []],
  ];
  for (const [args, wanted] of filters)
    it(`lists with ${args.join(' ') || 'no filter'}`, async () => {
      const found = await names(ann, ...args);
      assert.deepEqual(found, wanted);
    });

  it('updates fields and properties', async () => {
    const changes = ['--min-ram', '64', '--property', 'release=1', '--protected', 'True', '--hidden', 'True'];
    await ann.call('image-update', ...changes, '--remove-property', 'edition', iso);
    const shown = await show(ann, iso);
    assert.deepEqual(
      ['min_ram', 'release', 'protected', 'os_hidden'].map((field) => shown.get(field)),
      ['64', '1', 'True', 'True'],
    );
    assert.equal(shown.has('edition'), false);
    assert.equal(shown.get('os_distro'), 'ipxe');
    assert.deepEqual(await names(ann, '--hidden', 'True'), [NAME]);
    await assert.rejects(ann.call('image-delete', iso), /not permitted to delete/);
    await ann.call('image-update', '--protected', 'False', '--hidden', 'False', '--name', 'new', iso);
    assert.equal((await show(ann, iso)).get('name'), 'new');
  });

  it('changes tags', async () => {
    await ann.call('image-tag-update', iso, 'größer');
    await ann.call('image-tag-update', iso, 'new');
    await ann.call('image-tag-delete', iso, 'small');
    const tags = (await show(ann, iso)).get('tags')!;
    // Like the reference, which reads paths as Latin-1.
    assert.deepEqual((JSON.parse(tags) as string[]).sort(), [asFromHeader('größer'), 'new', 'stable']);
    await ann.call('image-tag-delete', iso, 'größer');
  });

  it('shares an image, which the other project accepts', async () => {
    await ann.call('member-create', iso, 'green');
    assert.deepEqual(await names(bob, '--visibility', 'shared'), []);
    assert.deepEqual(await names(bob, '--visibility', 'shared', '--member-status', 'pending'), ['new']);
    await assert.rejects(ann.call('member-update', iso, 'green', 'accepted'), /HTTP A member itself decides/);
    await bob.call('member-update', iso, 'green', 'accepted');
    assert.deepEqual(await names(bob, '--visibility', 'shared'), ['new']);
    assert.deepEqual(tableRows(await ann.call('member-list', '--image-id', iso)).slice(1), [
      [iso, 'green', 'accepted'],
    ]);
    await ann.call('member-delete', iso, 'green');
    await assert.rejects(show(bob, iso), /HTTP There is no such image/);
  });

  it('downloads the very bytes', async () => {
    for (const [id, wanted] of [
      [iso, await readFile(ISO)],
      [piped, DATA],
    ] as const) {
      await ann.call('image-download', '--file', path.join(folder, 'copy'), id);
      assert.ok((await readFile(path.join(folder, 'copy'))).equals(wanted));
    }
  });

  it('deactivates and reactivates', async () => {
    await ann.call('image-deactivate', iso);
    assert.equal((await show(ann, iso)).get('status'), 'deactivated');
    const copy = path.join(folder, 'refused');
    await assert.rejects(ann.call('image-download', '--file', copy, iso), /deactivated/);
    await ann.call('image-reactivate', iso);
    assert.equal((await show(ann, iso)).get('status'), 'active');
  });

  it('tells of the stores, and of the ways to import', async () => {
    const rows = tableRows(await ann.call('stores-info'));
    assert.match(JSON.stringify(rows), /file/);
    assert.deepEqual(tableRows(await ann.call('import-info')).slice(1).length > 0, true);
  });

  it('deletes', async () => {
    await ann.call('image-delete', iso, piped);
    assert.deepEqual(await names(ann), []);
    assert.deepEqual(await names(root, '--visibility', 'community'), ['uploaded']);
  });
});
