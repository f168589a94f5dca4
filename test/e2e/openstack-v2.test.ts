import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startExample, type ExampleServer } from '../support/servers/example-server.js';
import { pipedClient, type PipedClient } from '../support/clients/openstack-clients.js';

const ISO = '/usr/lib/ipxe/ipxe.iso';
/** Not the name of an operator: it is found all the same. */
const NAME = 'ubuntu:22.04 für alle';
const DATA = randomBytes(100_000);
const FORMATS = ['--container-format', 'bare', '--disk-format'];

type Row = Readonly<Record<string, unknown>>;

/** How the client prints that the registry refuses something, and why. */
const refused = (why: string): RegExp =>
  new RegExp(`HttpException: 403: Client Error for url: \\S+, .*(${why})`);

/** Without a Keystone: the example answers for it where projects are named. */
describe('python-openstackclient, version 2', function () {
  // Each command takes seconds when the machine is busy.
  this.timeout(300_000);
  let server: ExampleServer;
  let folder: string;
  let ann: PipedClient;
  let bob: PipedClient;
  let root: PipedClient;
  /** Id of the image NAME. */
  let iso: string;
  /** Id of the community image. */
  let bobs: string;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'openstack-'));
    server = await startExample(['--auth', 'token']);
    const as = (token: string): PipedClient => pipedClient('openstack', server.url, token);
    [ann, bob, root] = [as('ann:blue:member'), as('bob:green:member'), as('root:red:admin')];
  });

  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  async function list(client: PipedClient, ...args: string[]): Promise<Row[]> {
    return JSON.parse(await client.call('image', 'list', '-f', 'json', ...args)) as Row[];
  }

  async function show(client: PipedClient, image: string): Promise<Row> {
    return JSON.parse(await client.call('image', 'show', '-f', 'json', image)) as Row;
  }

  async function names(client: PipedClient, ...args: string[]): Promise<unknown[]> {
    return (await list(client, ...args)).map(({ Name }) => Name);
  }

  it('creates an image from a file', async () => {
    const more = ['--property', 'os_distro=ipxe', '--tag', 'stable', '--min-ram', '64', '--file', ISO];
    const created = await ann.call('image', 'create', '-f', 'json', ...FORMATS, 'iso', ...more, NAME);
    iso = String((JSON.parse(created) as Row).id);
    const { name, status, size, checksum, tags, visibility, owner } = await show(ann, iso);
    const data = await readFile(ISO);
    assert.deepEqual(
      { name, status, size, tags, visibility, owner },
      {
        name: NAME,
        status: 'active',
        size: data.length,
        tags: ['stable'],
        visibility: 'shared',
        owner: 'blue',
      },
    );
    assert.equal(checksum, createHash('md5').update(data).digest('hex'));
  });

  it('creates an image from what is piped in', async () => {
    await ann.pipe(DATA, 'image', 'create', ...FORMATS, 'raw', '--private', 'piped');
    const { status, size, visibility } = await show(ann, 'piped');
    assert.deepEqual(
      { status, size, visibility },
      { status: 'active', size: DATA.length, visibility: 'private' },
    );
  });

  it('creates community images, reserved ones, and public ones for admins alone', async () => {
    const community = ['--community', '--tag', 'stable', 'of bob'];
    const created = await bob.call('image', 'create', '-f', 'json', ...FORMATS, 'raw', ...community);
    bobs = String((JSON.parse(created) as Row).id);
    assert.equal((await show(ann, bobs)).status, 'queued');
    await assert.rejects(ann.call('image', 'create', '--public', 'mine'), refused('publicize_image'));
    await root.call('image', 'create', ...FORMATS, 'raw', '--public', '--property', 'os_distro=x', 'of root');
  });

  it('shows an image by its name', async () => {
    assert.equal((await show(ann, NAME)).id, iso);
    await assert.rejects(show(ann, 'no such: image'), /No Image found for no such: image/);
  });

  const filters: readonly (readonly [string[], string[]])[] = [
    [[], ['of root', 'piped', NAME]],
    [['--name', NAME], [NAME]],
    [['--status', 'queued'], ['of root']],
    [['--private'], ['piped']],
    [['--public'], ['of root']],
    [['--community'], ['of bob']],
    [['--shared'], [NAME]],
    [['--all'], ['of bob', 'of root', 'piped', NAME]],
    [['--tag', 'stable'], [NAME]],
    [['--property', 'os_distro=ipxe'], [NAME]],
    [
      ['--project', 'blue'],
      ['piped', NAME],
    ],
    [['--limit', '1'], ['of root']],
    [['--hidden'], []],
  ];
  for (const [args, wanted] of filters)
    it(`lists with ${args.join(' ') || 'no filter'}`, async () => {
      assert.deepEqual((await names(ann, ...args)).sort(), wanted);
    });

  it('lists sorted', async () => {
    assert.deepEqual(await names(ann, '--sort', 'name:desc'), [NAME, 'piped', 'of root']);
  });

  it('lists what it knows of images, from a marker on', async () => {
    const [first, ...others] = await list(ann, '--long', '--marker', 'piped');
    assert.deepEqual(others, []);
    assert.equal(first?.Name, NAME);
    assert.deepEqual([first['Disk Format'], first['Container Format']], ['iso', 'bare']);
    assert.deepEqual(
      [first.Size, first.Checksum],
      [(await readFile(ISO)).length, (await show(ann, iso)).checksum],
    );
    assert.deepEqual([first.Visibility, first.Protected, first.Project], ['shared', false, 'blue']);
    assert.deepEqual(first.Tags, ['stable']);
  });

  it('sets and unsets', async () => {
    const changes = [
      '--min-disk',
      '2',
      '--property',
      'release=Größe 1',
      '--tag',
      'new',
      '--protected',
      '--hidden',
    ];
    await ann.call('image', 'set', ...changes, '--os-version', '1.0', NAME);
    const set = await show(ann, NAME);
    const { release, os_version, os_distro, os_hidden } = set.properties as Row;
    // The client sends tags in any order.
    const tags = [...(set.tags as string[])].sort();
    assert.deepEqual([set.min_disk, set.protected, tags], [2, true, ['new', 'stable']]);
    assert.deepEqual([release, os_version, os_distro, os_hidden], ['Größe 1', '1.0', 'ipxe', true]);
    assert.deepEqual(await names(ann, '--hidden'), [NAME]);
    await assert.rejects(ann.call('image', 'delete', NAME), /protected/);

    await ann.call('image', 'unset', '--property', 'release', '--tag', 'new', NAME);
    await ann.call('image', 'set', '--unprotected', '--unhidden', '--name', 'renamed', iso);
    const unset = await show(ann, 'renamed');
    assert.equal(Object.hasOwn(unset.properties as object, 'release'), false);
    assert.deepEqual([unset.protected, unset.tags], [false, ['stable']]);
    await assert.rejects(ann.call('image', 'unset', '--tag', 'new', iso), /Failed to unset 1 of 1 tags/);
    await ann.call('image', 'set', '--name', NAME, iso);
  });

  it('adds a project, which accepts and rejects', async () => {
    await ann.call('image', 'add', 'project', NAME, 'green');
    const members = JSON.parse(await ann.call('image', 'member', 'list', '-f', 'json', NAME)) as Row[];
    assert.deepEqual(
      members.map((row) => [row['Member ID'], row.Status]),
      [['green', 'pending']],
    );
    assert.deepEqual(await names(bob, '--shared'), []);
    assert.deepEqual(await names(bob, '--shared', '--member-status', 'pending'), [NAME]);
    // The client goes on to give the image to the project, which is not for a member to do.
    await assert.rejects(
      bob.call('image', 'set', '--accept', '--project', 'green', iso),
      refused('Only the owner'),
    );
    assert.deepEqual(await names(bob, '--shared'), [NAME]);
    await assert.rejects(
      bob.call('image', 'set', '--reject', '--project', 'green', iso),
      refused('Only the owner'),
    );
    assert.deepEqual(await names(bob, '--shared', '--member-status', 'rejected'), [NAME]);
    await ann.call('image', 'remove', 'project', NAME, 'green');
    await assert.rejects(show(bob, iso), /No Image found/);
  });

  it('saves the very bytes', async () => {
    const copy = path.join(folder, 'copy');
    await ann.call('image', 'save', '--file', copy, NAME);
    assert.ok((await readFile(copy)).equals(await readFile(ISO)));
  });

  it('deactivates and activates', async () => {
    await ann.call('image', 'set', '--deactivate', NAME);
    assert.equal((await show(ann, NAME)).status, 'deactivated');
    // The client takes the refusal for data, whose checksum is wrong.
    const save = ann.call('image', 'save', '--file', path.join(folder, 'refused'), NAME);
    await assert.rejects(save, /Unable to download image/);
    await ann.call('image', 'set', '--activate', NAME);
    assert.equal((await show(ann, NAME)).status, 'active');
  });

  it('prints why something is refused', async () => {
    await assert.rejects(ann.call('image', 'set', '--public', iso), refused('publicize_image'));
    await assert.rejects(ann.call('image', 'delete', bobs), refused('Only the owner'));
  });

  it('deletes several by their names', async () => {
    await ann.call('image', 'delete', NAME, 'piped');
    assert.deepEqual(await names(ann), ['of root']);
  });
});
