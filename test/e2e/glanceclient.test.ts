import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { ExampleServer } from '../support/servers/example-server.js';
import { startExample } from '../support/servers/example-server.js';
import type { Client } from '../support/clients/openstack-clients.js';
import {
  asFromHeader,
  fieldsOf,
  glanceChanges,
  glanceClient,
  tableRows,
} from '../support/clients/openstack-clients.js';
import { runWell } from '../support/run.js';

const ISO = '/usr/lib/ipxe/ipxe.iso';
const ISO_NAME = 'iPXE für alle 1.0';
const QCOW_NAME = 'empty qcow2 disk';

const CALLERS = [
  { auth: 'none', token: 'x', owner: 'admin' },
  { auth: 'token', token: 'ann:blue:member', owner: 'blue' },
];

for (const { auth, token, owner } of CALLERS) {
  describe(`python-glanceclient, version 1, with --auth ${auth}`, function () {
    this.timeout(180_000);
    let server: ExampleServer;
    let folder: string;
    let qcow: string;
    let glance: Client;
    /** Id of the CD image. */
    let iso: string;
    /** Id of the qcow2 image. */
    let disk: string;

    before(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), 'glanceclient-'));
      qcow = path.join(folder, 'disk.qcow2');
      await runWell('qemu-img', ['create', '-f', 'qcow2', qcow, '1G']);
      server = await startExample(['--auth', auth]);
      glance = glanceClient(server.url, token);
    });

    after(async () => {
      await server.stop();
      await rm(folder, { recursive: true });
    });

    it('creates an image from a CD, with an umlaut and blanks in its name', async () => {
      const formats = ['--disk-format', 'iso', '--container-format', 'bare', '--property', 'os_distro=ipxe'];
      const shown = fieldsOf(await glance('image-create', '--name', ISO_NAME, ...formats, '--file', ISO));
      const data = await readFile(ISO);
      assert.equal(shown.get('name'), ISO_NAME);
      assert.equal(shown.get('status'), 'active');
      assert.equal(shown.get('size'), String(data.length));
      assert.equal(shown.get('checksum'), createHash('md5').update(data).digest('hex'));
      assert.equal(shown.get('owner'), owner);
      assert.equal(shown.get("Property 'os_distro'"), 'ipxe');
      iso = shown.get('id')!;
    });

    it('creates an image from a qcow2 disk', async () => {
      const formats = ['--disk-format', 'qcow2', '--container-format', 'bare', '--min-disk', '1'];
      const shown = fieldsOf(await glance('image-create', '--name', QCOW_NAME, ...formats, '--file', qcow));
      assert.equal(shown.get('status'), 'active');
      assert.equal(shown.get('min_disk'), '1');
      disk = shown.get('id')!;
    });

    it('lists both in the order of their names', async () => {
      const [, ...rows] = tableRows(await glance('image-list'));
      assert.deepEqual(
        rows.map((row) => row[1]),
        [QCOW_NAME, ISO_NAME],
      );
    });

    it('lists page by page', async () => {
      const [, ...rows] = tableRows(await glance('image-list', '--page-size', '1'));
      assert.deepEqual(
        rows.map((row) => row[0]),
        [disk, iso],
      );
    });

    const filters = [
      ['--name', ISO_NAME],
      ['--disk-format', 'iso'],
      ['--size-min', '1000000', '--size-max', '100000000'],
      ['--property-filter', 'os_distro=ipxe'],
    ];
    for (const filter of filters) {
      it(`lists with ${filter.join(' ')}`, async () => {
        const [, ...rows] = tableRows(await glance('image-list', ...filter));
        assert.deepEqual(
          rows.map((row) => row[1]),
          [ISO_NAME],
        );
      });
    }

    it('shows an image by its id and by its name', async () => {
      for (const reference of [iso, ISO_NAME]) {
        const shown = fieldsOf(await glance('image-show', reference));
        assert.equal(shown.get('id'), iso);
        assert.equal(shown.get('name'), asFromHeader(ISO_NAME));
        assert.equal(shown.get('disk_format'), 'iso');
      }
    });

    it('changes fields and properties', async () => {
      await glance(
        'image-update',
        iso,
        '--min-ram',
        '64',
        '--property',
        'release=Größe 1',
        '--is-protected',
        'True',
      );
      const shown = fieldsOf(await glance('image-show', iso));
      assert.equal(shown.get('min_ram'), '64');
      assert.equal(shown.get('protected'), 'True');
      assert.equal(shown.get("Property 'release'"), asFromHeader('Größe 1'));
      assert.equal(shown.get("Property 'os_distro'"), 'ipxe', 'without --purge-props the others stay');
      await glance(
        'image-update',
        iso,
        '--purge-props',
        '--property',
        'only=this',
        '--is-protected',
        'False',
      );
      const purged = fieldsOf(await glance('image-show', iso));
      assert.equal(purged.get("Property 'only'"), 'this');
      assert.equal(purged.has("Property 'release'"), false);
    });

    it('downloads the very bytes', async () => {
      for (const [id, original] of [
        [iso, ISO],
        [disk, qcow],
      ] as const) {
        const copy = path.join(folder, 'copy');
        await glance('image-download', id, '--file', copy);
        assert.ok((await readFile(copy)).equals(await readFile(original)), original);
      }
    });

    it('reserves an image and brings the data later', async () => {
      const formats = ['--disk-format', 'raw', '--container-format', 'bare'];
      const created = await fetch(`${server.url}/v1/images`, {
        method: 'POST',
        headers: { 'x-auth-token': token, 'x-image-meta-name': 'later' },
      });
      const { image } = (await created.json()) as { image: { id: string } };
      const shown = fieldsOf(await glance('image-update', image.id, ...formats, '--file', qcow));
      assert.equal(shown.get('status'), 'active');
      await glance('image-delete', image.id);
    });

    it('lists what has changed page by page, though pages end with deleted images', async () => {
      const wanted = [`${disk} active`, `${iso} active`];
      const headers = { 'x-auth-token': token };
      for (let n = 0; n < 5; n += 1) {
        const answer = await fetch(`${server.url}/v1/images`, { method: 'POST', headers });
        const { image } = (await answer.json()) as { image: { id: string } };
        await fetch(`${server.url}/v1/images/${image.id}`, { method: 'DELETE', headers });
        wanted.unshift(`${image.id} deleted`);
      }
      const all = await glanceChanges(server.url, token, 100);
      assert.deepEqual(
        all.filter((line) => wanted.includes(line)),
        wanted,
      );
      for (const size of [1, 2, 3]) assert.deepEqual(await glanceChanges(server.url, token, size), all);
    });

    it('deletes', async () => {
      await glance('image-delete', iso, QCOW_NAME);
      assert.deepEqual(tableRows(await glance('image-list')).slice(1), []);
      if (auth === 'none') {
        const shown = fieldsOf(await glance('image-show', iso));
        assert.equal(shown.get('status'), 'deleted', 'an admin still sees it');
      } else {
        await assert.rejects(glance('image-show', iso), /No image with/);
      }
    });
  });
}
