import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Answer } from '../support/clients/ask.js';
import { field, file, FORM, formOf, type Part } from '../support/clients/form.js';
import { onEveryHost } from '../support/mounts/host.js';
import { header, imageOf } from '../support/clients/images-client.js';

const DATA = randomBytes(3 * 1024 * 1024 + 11);
const RAW = [field('disk_format', 'raw'), field('container_format', 'bare')];

onEveryHost('forms', { lenientClients: false }, (host) => {
  const send = (path: string, method: string, parts: readonly Part[], chunked = false): Promise<Answer> =>
    host.client().ask(path, { method, headers: FORM, body: formOf(...parts), chunked });

  it('make an image of fields and a file of several MiB', async () => {
    for (const chunked of [false, true]) {
      const data = chunked ? DATA : DATA.subarray(0, 1000);
      const parts = [field('name', 'Größe ✓'), ...RAW, field('property-os', 'linux'), file(data)];
      const answer = await send('/v1/images', 'POST', parts, chunked);
      const image = imageOf(answer, 201);
      assert.equal(image.status, 'active');
      assert.equal(image.name, 'Größe ✓');
      assert.equal(image.size, data.length);
      assert.deepEqual(image.properties, { os: 'linux' });
      assert.equal(answer.headers.location, `${host.url}/v1/images/${image.id}`);
      assert.ok((await host.client().ask(`/v1/images/${image.id}`)).body.equals(data));
    }
  });

  it('name fields with and without prefix, in any case, with either dash', async () => {
    const parts = [
      field('X-Image-Meta-Name', 'n'),
      field('x-image-meta-Disk-Format', 'iso'),
      field('CONTAINER_FORMAT', 'bare'),
      field('Min-Ram', '5'),
      field('x-image-meta-property-Os-Type', 'Linux'),
      field('Property_Arch', 'x86'),
    ];
    const image = imageOf(await send('/v1/images', 'POST', parts), 201);
    assert.equal(image.name, 'n');
    assert.equal(image.min_ram, 5);
    assert.deepEqual(image.properties, { os_type: 'Linux', arch: 'x86' });
  });

  it('are metadata alone when they have no file', async () => {
    const image = imageOf(await send('/v1/images', 'POST', [field('name', 'reserved')]), 201);
    assert.equal(image.status, 'queued');
    const path = `/v1/images/${image.id}`;
    const changed = imageOf(await send(path, 'PUT', [field('property-a', 'b'), field('name', '')]), 200);
    assert.equal(changed.name, null);
    assert.deepEqual(changed.properties, { a: 'b' });
    assert.deepEqual(imageOf(await send(path, 'PUT', []), 200).properties, {});
    assert.equal(imageOf(await send('/v1/images', 'POST', []), 201).status, 'queued');
  });

  it('bring the data of a reserved image, which keeps its properties', async () => {
    const { id } = imageOf(await send('/v1/images', 'POST', [field('property-kept', 'yes')]), 201);
    const image = imageOf(await send(`/v1/images/${id}`, 'PUT', [...RAW, file('data', 'image')]), 200);
    assert.equal(image.status, 'active');
    assert.deepEqual(image.properties, { kept: 'yes' });
    assert.equal((await host.client().ask(`/v1/images/${id}`)).text, 'data');
    assert.equal((await send(`/v1/images/${id}`, 'PUT', [file('more')])).status, 409);
  });

  it('take an empty file', async () => {
    const image = imageOf(await send('/v1/images', 'POST', [...RAW, file('')]), 201);
    assert.deepEqual([image.status, image.size], ['active', 0]);
  });

  it('set properties that no header can hold: shown in detail, left out of headers', async () => {
    const parts = [
      field('property-größe', 'groß'),
      field('property-with blanks', 'x'),
      field('property-hw:cpu', '4'),
      field('property-lines', 'one\r\ntwo'),
      field('property-nul', '\0'),
      field('property-plain', 'é'),
      field('property-__proto__', 'polluted'),
      field('property-constructor', 'c'),
    ];
    const { id, properties } = imageOf(await send('/v1/images', 'POST', parts), 201);
    const expected = new Map([
      ['größe', 'groß'],
      ['with blanks', 'x'],
      ['hw:cpu', '4'],
      ['lines', 'one\r\ntwo'],
      ['nul', '\0'],
      ['plain', 'é'],
      ['__proto__', 'polluted'],
      ['constructor', 'c'],
    ]);
    assert.deepEqual(new Map(Object.entries(properties)), expected);
    assert.deepEqual(new Map(Object.entries((await host.client().detail(id)).properties)), expected);
    const answer = await host.client().ask(`/v1/images/${id}`, { method: 'HEAD' });
    assert.equal(answer.status, 200);
    assert.equal(header(answer, 'x-image-meta-property-plain'), 'é');
    assert.deepEqual(
      Object.keys(answer.headers)
        .filter((name) => name.startsWith('x-image-meta-property-'))
        .sort(),
      ['x-image-meta-property-__proto__', 'x-image-meta-property-constructor', 'x-image-meta-property-plain'],
    );
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
  });

  it('may be mixed with headers that name other things', async () => {
    const headers = { ...FORM, 'x-image-meta-min_disk': '3', 'x-image-meta-property-a': '1' };
    const body = formOf(field('name', 'mixed'), field('property-b', '2'));
    const image = imageOf(await host.client().ask('/v1/images', { method: 'POST', headers, body }), 201);
    assert.deepEqual(image.properties, { a: '1', b: '2' });
  });
});
