import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import type { ImageMetadata, ImageSource } from '../../lib/index.js';
import { ANN, EVE, FaceHost, FORMATS, READER, refusal, ROOT, textOf } from '../support/access/face.js';
import { SourceHost } from '../support/servers/source-host.js';

describe('images.create', () => {
  const host = new FaceHost();

  it('reserves an image with nothing but a caller, and tells what there is', async () => {
    const { images } = host.registry;
    const image = await images.create(ANN);
    assert.deepEqual([image.status, image.owner, image.size], ['queued', 'blue', null]);
    for (const hidden of ['locations', 'blobs', 'store', 'members']) assert.ok(!(hidden in image), hidden);
    assert.deepEqual(await images.show(ANN, image.id), image);
  });

  it('takes plain objects', async () => {
    const { images } = host.registry;
    const given = {
      name: 'näme',
      visibility: 'private',
      hidden: true,
      protected: true,
      ...FORMATS,
      min_ram: 1,
      min_disk: 2,
      tags: ['b', 'a', 'b'],
      properties: JSON.parse('{"__proto__":"p","empty":null}') as Record<string, string | null>,
      checksum: undefined,
    } as const satisfies ImageMetadata;
    const image = await images.create(ANN, given);
    const { tags, properties, checksum: _, ...fields } = given;
    for (const [field, value] of Object.entries(fields))
      assert.deepEqual(image[field as keyof typeof image], value, field);
    assert.deepEqual([image.tags, image.checksum], [['b', 'a'], null]);
    assert.deepEqual(Object.entries(image.properties), Object.entries(properties));
    assert.deepEqual(tags, ['b', 'a', 'b'], 'what is given stays as it is');
  });

  for (const [what, data] of [
    ['bytes', () => Buffer.from('data')],
    ['no bytes', () => new Uint8Array()],
    ['a stream', () => Readable.from([Buffer.from('da'), Buffer.from('ta')])],
    [
      'what is opened when it is needed',
      () => ({ open: () => Readable.from([Buffer.from('data')]), length: 4 }),
    ],
  ] as const satisfies readonly (readonly [string, () => ImageSource['data']])[])
    it(`brings data along: ${what}`, async () => {
      const { images } = host.registry;
      const { id, status } = await images.create(ANN, FORMATS, { data: data() });
      assert.equal(status, 'active');
      const { stream, size } = await images.download(ANN, id);
      const text = await textOf(stream);
      assert.deepEqual([text, size], what === 'no bytes' ? ['', 0] : ['data', 4]);
    });

  const bad: readonly (readonly [unknown, RegExp])[] = [
    [{ size: -5 }, /size/],
    [{ size: 1.5 }, /size/],
    [{ size: 2 ** 40 + 1 }, /at most/],
    [{ name: 42 }, /name must be a string/],
    [{ name: 'x'.repeat(256) }, /name has at most 255/],
    [{ visibility: 'secret' }, /visibility must be one of public/],
    [{ visibility: 'private', is_public: true }, /either visibility or is_public/],
    [{ protected: 'true' }, /protected must be true or false/],
    [{ disk_format: 'floppy' }, /disk_format must be one of .*raw/],
    [{ container_format: 1 }, /container_format/],
    [{ min_ram: -1 }, /min_ram is out of range/],
    [{ min_disk: 2 ** 31 }, /min_disk is out of range/],
    [{ min_ram: '1' }, /min_ram must be a whole number/],
    [{ checksum: 'x'.repeat(33) }, /checksum/],
    [{ id: 'x' }, /id must be a uuid/],
    [{ tags: 'a' }, /tags must be a list/],
    [{ tags: [1] }, /tag must be a string/],
    [{ tags: ['x'.repeat(256)] }, /tag has at most 255/],
    [{ owner: 'x'.repeat(256) }, /owner has at most 255/],
    [{ properties: ['a'] }, /properties must be an object/],
    [{ properties: new Map([['a', 'b']]) }, /properties must be an object/],
    [{ properties: { a: 1 } }, /Property a must be a string/],
    [{ properties: { '': 'x' } }, /key of a property/],
    [{ properties: { ['x'.repeat(256)]: 'x' } }, /key of a property/],
    [{ created_at: 'yesterday' }, /created_at must be a time/],
    [{ store: 'nowhere' }, /no such store/],
    [{ status: 'active' }, /status/],
    [{ colour: 'red' }, /colour/],
    ['name', /must be an object/],
    [null, /must be an object/],
  ];
  for (const [metadata, words] of bad)
    it(`refuses ${JSON.stringify(metadata).slice(0, 60)} in words, and makes nothing`, async () => {
      const { images } = host.registry;
      await assert.rejects(images.create(ROOT, metadata as ImageMetadata), refusal('bad_request', words));
      assert.deepEqual((await images.page(ROOT)).images, []);
    });

  it('takes a key and a tag of 255 characters, however many bytes that are', async () => {
    for (const longest of ['x'.repeat(255), '😀'.repeat(255)]) {
      const { properties, tags } = await host.registry.images.create(ANN, {
        properties: { [longest]: 'x' },
        tags: [longest],
      });
      assert.deepEqual([properties, tags], [{ [longest]: 'x' }, [longest]]);
    }
  });

  it('refuses more tags and properties than there may be', async () => {
    const { images } = host.registry;
    const many = Array.from({ length: 129 }, (_, n) => `x${n}`);
    await assert.rejects(images.create(ANN, { tags: many }), refusal('too_large', /128 tags/));
    const properties = Object.fromEntries(many.map((key) => [key, 'x']));
    await assert.rejects(images.create(ANN, { properties }), refusal('too_large', /128 properties/));
  });

  it('refuses what only admins may', async () => {
    const { images } = host.registry;
    for (const [metadata, words] of [
      [{ owner: 'green' }, /owner/],
      [{ owner: null }, /owner/],
      [{ created_at: '2001-01-01' }, /created_at/],
      [{ visibility: 'public' }, /publicize_image/],
      [{ is_public: true }, /publicize_image/],
    ] as const) {
      await assert.rejects(images.create(ANN, metadata), refusal('forbidden', words));
      assert.ok((await images.create(ROOT, metadata)).id);
    }
    assert.equal((await images.create(ANN, { owner: 'blue' })).owner, 'blue');
    await assert.rejects(images.create(READER), refusal('forbidden', /read/));
    await assert.rejects(images.create({ ...EVE, project: null }), refusal('unauthorized'));
  });

  it('refuses what is neither bytes nor a stream, and lets go of a stream that it refuses', async () => {
    const { images } = host.registry;
    const source = { data: 'data' } as unknown as ImageSource;
    await assert.rejects(images.create(ANN, FORMATS, source), refusal('bad_request', /data/));
    for (const metadata of [{ ...FORMATS, size: -1 }, {}]) {
      const data = Readable.from([Buffer.from('data')]);
      await assert.rejects(images.create(ANN, metadata, { data }), refusal('bad_request'));
      assert.ok(data.destroyed);
    }
  });

  it('ends when its signal does', async () => {
    const { images } = host.registry;
    const leaving = new AbortController();
    const data = new Readable({ read: () => leaving.abort(new Error('gone')) });
    const { id } = await images.create(ANN);
    await assert.rejects(images.create(ANN, FORMATS, { data, signal: leaving.signal }));
    assert.equal((await images.show(ANN, id)).status, 'queued');
    assert.ok(data.destroyed);
  });
});

describe('images.create with property protections', () => {
  const rule = (pattern: string, who: string) =>
    ({ pattern, create: [who], read: ['@'], update: [who], delete: [who] }) as const;
  const host = new FaceHost({ propertyProtections: [rule('^billing_', 'billing'), rule('.*', '@')] });

  it('protects a key in every spelling', async () => {
    const { images } = host.registry;
    for (const key of ['billing_x', 'Billing_x', 'BILLING-x'])
      await assert.rejects(
        images.create(ANN, { properties: { [key]: 'free' } }),
        refusal('forbidden', /is protected/),
      );
    assert.deepEqual((await images.create(ANN, { properties: { Colour: 'red' } })).properties, {
      Colour: 'red',
    });
  });
});

describe('sources elsewhere', () => {
  const source = new SourceHost().hooks();
  const host = new FaceHost({ sources: { networks: ['127.0.0.0/8'] } });

  it('are not connected to when there are two, and the image is left queued', async () => {
    const { images } = host.registry;
    const url = source.put('/two', Buffer.from('data'));
    const { id } = await images.create(ANN, FORMATS);
    for (const two of [
      { location: url, copyFrom: url },
      { location: url, data: Buffer.from('data') },
    ]) {
      await assert.rejects(images.create(ANN, FORMATS, two), refusal('bad_request', /one source/));
      await assert.rejects(images.update(ANN, id, {}, two), refusal('bad_request', /one source/));
      await assert.rejects(images.upload(ANN, id, two), refusal('bad_request', /one source/));
    }
    assert.equal(source.connections, 0);
    assert.equal((await images.show(ANN, id)).status, 'queued');
  });

  it('are data that stays there, or is copied', async () => {
    const { images } = host.registry;
    const url = source.put('/one', Buffer.from('data'));
    const located = await images.create(ANN, FORMATS, { location: url });
    assert.equal(located.status, 'active');
    assert.ok(!JSON.stringify(located).includes('127.0.0.1'));
    assert.equal(
      await textOf((await images.download(ANN, located.id, { range: { start: 1, end: 2 } })).stream),
      'at',
    );
  });
});
