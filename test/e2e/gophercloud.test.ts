import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startExample, type ExampleServer } from '../support/servers/example-server.js';
import { Gophercloud } from '../support/clients/gophercloud.js';

const ANN = 'ann:blue:member';
const BOB = 'bob:green:member';
const DATA = randomBytes(1_000_000);

type Told = Readonly<Record<string, unknown>>;

describe('a program on gophercloud', function () {
  this.timeout(300_000);
  let folder: string;
  let program: Gophercloud;
  let server: ExampleServer;
  let id: string;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'go-'));
    await writeFile(path.join(folder, 'data'), DATA);
    program = await Gophercloud.build();
    server = await startExample(['--auth', 'token']);
  });

  after(async () => {
    await server.stop();
    await program.remove();
    await rm(folder, { recursive: true });
  });

  const ann = (...args: string[]): Promise<unknown> => program.told(server.url, ANN, ...args);
  const bob = (...args: string[]): Promise<unknown> => program.told(server.url, BOB, ...args);

  it('creates an image', async () => {
    const image = (await ann('create', 'first', 'stable')) as Told;
    id = String(image.id);
    assert.equal(image.status, 'queued');
    assert.deepEqual(image.tags, ['stable']);
    assert.equal(image.min_ram, 64);
    assert.equal(image.visibility, 'shared');
    assert.equal(image.owner, 'blue');
    assert.equal((image.Properties as Told).os_distro, 'debian');
  });

  it('uploads its data, and downloads the very bytes', async () => {
    await ann('upload', id, path.join(folder, 'data'));
    const image = (await ann('get', id)) as Told;
    assert.equal(image.status, 'active');
    assert.equal(image.checksum, createHash('md5').update(DATA).digest('hex'));
    assert.equal(image.virtual_size, DATA.length);
    assert.equal(await ann('download', id, path.join(folder, 'copy')), DATA.length);
    assert.ok((await readFile(path.join(folder, 'copy'))).equals(DATA));
  });

  it('lists page by page', async () => {
    for (const name of ['second', 'third', 'same', 'same', 'same']) await ann('create', name, 'more');
    assert.deepEqual(await ann('list', ''), [
      ['first', 'same'],
      ['same', 'same'],
      ['second', 'third'],
    ]);
    assert.deepEqual(await ann('list', 'same'), [['same', 'same'], ['same']]);
    assert.deepEqual(await ann('list', 'nothing'), []);
  });

  it('patches', async () => {
    const image = (await ann('patch', id, 'renamed')) as Told;
    assert.equal(image.name, 'renamed');
    assert.deepEqual(image.tags, ['one', 'two']);
    assert.equal(image.min_disk, 3);
    const properties = image.Properties as Told;
    assert.equal(properties.os_distro, 'Debian');
    assert.equal(Object.hasOwn(properties, 'os_version'), false);
  });

  it('shares an image, which the other project accepts', async () => {
    const added = (await ann('add-member', id, 'green')) as Told;
    assert.deepEqual([added.member_id, added.status], ['green', 'pending']);
    assert.deepEqual(await bob('list', ''), []);
    const accepted = (await bob('accept', id, 'green')) as Told;
    assert.equal(accepted.status, 'accepted');
    assert.deepEqual(await bob('list', ''), [['renamed']]);
    const members = (await ann('members', id)) as Told[];
    assert.deepEqual(
      members.map(({ member_id, status }) => [member_id, status]),
      [['green', 'accepted']],
    );
    await ann('remove-member', id, 'green');
    assert.deepEqual(await bob('list', ''), []);
  });

  it('prints why something is refused', async () => {
    await ann('add-member', id, 'green');
    const { code, stderr } = await program.run(server.url, BOB, 'delete', id);
    assert.equal(code, 1);
    assert.match(stderr, /"code":403.*"message":"[^"]+"/);
  });

  it('deletes', async () => {
    await ann('delete', id);
    const { code, stderr } = await program.run(server.url, ANN, 'get', id);
    assert.equal(code, 1);
    assert.match(stderr, /Resource not found/);
  });
});
