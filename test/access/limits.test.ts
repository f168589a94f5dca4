import assert from 'node:assert/strict';
import { AccessHost } from '../support/access/host.js';
import { bytes, stall, upload } from '../support/access/uploads.js';
import { FORM, field, file, formOf } from '../support/clients/form.js';
import { FORMATS, imageOf, OCTETS } from '../support/clients/images-client.js';

const CAP = 4096;

describe('the count of images of a project', () => {
  const host = new AccessHost(undefined, { imageCountQuota: 3 }).hooks();

  const make = async (headers: Readonly<Record<string, string>> = {}): Promise<number> =>
    (await host.as('owner').ask('/v1/images', { method: 'POST', headers })).status;

  it('is held whatever state the images are in, but for deleted ones', async () => {
    const first = await host.as('owner').upload('data');
    await host.as('owner').reserve();
    await host.add('killed');
    assert.equal(await make(), 413);
    assert.equal(await upload(host.as('owner'), 4), 413);
    assert.equal((await host.stored()).length, 1);
    assert.equal((await host.as('owner').ask(`/v1/images/${first.id}`, { method: 'DELETE' })).status, 200);
    const id = crypto.randomUUID();
    assert.equal(await make({ 'x-image-meta-id': id }), 201);
    assert.equal(await make(), 413);
    assert.equal((await host.as('owner').ask(`/v1/images/${id}`, { method: 'PUT' })).status, 200);
  });

  it('is for each project, and an admin who makes an image for one counts for that', async () => {
    for (let n = 0; n < 3; n += 1) await host.as('member').reserve();
    const forMember = { method: 'POST', headers: { 'x-image-meta-owner': 'green' } };
    assert.equal((await host.as('admin').ask('/v1/images', forMember)).status, 413);
    for (let n = 0; n < 5; n += 1) await host.as('admin').reserve({ 'x-image-meta-owner': '' });
  });
});

describe('the count of properties of an image', () => {
  const host = new AccessHost(undefined, { imagePropertyQuota: 3 }).hooks();
  const KEEP = { 'x-glance-registry-purge-props': 'false' } as const;

  const properties = (count: number, from = 0): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-image-meta-property-p${n + from}`, 'x']));

  it('is held by headers, forms and JSON alike, and a refusal leaves no record', async () => {
    const id = crypto.randomUUID();
    const given = { 'x-image-meta-id': id };
    const names = ['a', 'b', 'c', 'd'];
    const form = formOf(field('id', id), ...names.map((name) => field(`property-${name}`, 'x')));
    const json = JSON.stringify({ id, properties: Object.fromEntries(names.map((name) => [name, 'x'])) });
    for (const question of [
      { headers: { ...given, ...properties(4) } },
      { headers: { ...given, ...properties(4), ...OCTETS, ...FORMATS }, body: 'data' },
      { headers: FORM, body: form },
      { headers: { 'content-type': 'application/json' }, body: json },
    ])
      assert.equal((await host.as('owner').ask('/v1/images', { ...question, method: 'POST' })).status, 413);
    assert.equal(await host.as('admin').status(id), '404');
    assert.deepEqual(await host.stored(), []);
    await host.as('owner').reserve(properties(3));
  });

  it('is held by changes; what is over it already may stay or shrink', async () => {
    const { id } = await host.add('shared', { properties: { a: '1', b: '2', c: '3', d: '4', e: '5' } });
    const put = async (headers: Readonly<Record<string, string>>): Promise<number> =>
      (await host.as('owner').ask(`/v1/images/${id}`, { method: 'PUT', headers })).status;
    assert.equal(await put({ ...KEEP, ...properties(1) }), 413);
    assert.equal(await put(KEEP), 200);
    assert.equal(await put({ ...KEEP, 'x-image-meta-property-a': 'new' }), 200);
    assert.equal(await put(properties(4)), 200, 'fewer than before');
    assert.equal(await put({ ...KEEP, ...properties(1, 9) }), 413);
    assert.equal(await put(properties(3, 5)), 200);
    assert.equal(await put(properties(4)), 413);
    assert.deepEqual(Object.keys((await host.record(id)).properties), ['p5', 'p6', 'p7']);
  });
});

describe('the size cap', () => {
  const host = new AccessHost(undefined, { imageSizeCap: CAP }).hooks();

  it('OSSA-2014-028: is held for sizes that are declared, told or only counted, however data comes', async () => {
    const owner = host.as('owner');
    const send = async (headers: object, body: Buffer, chunked = false): Promise<number> => {
      const all = { ...OCTETS, ...FORMATS, ...headers };
      return (await owner.ask('/v1/images', { method: 'POST', headers: all, body, chunked })).status;
    };
    const fields = Object.entries(FORMATS).map(([name, value]) => field(name, value));
    assert.equal(await send({}, bytes(CAP + 1)), 400);
    assert.equal(await send({ 'x-image-meta-size': String(CAP + 1) }, bytes(1), true), 400);
    assert.equal(await send({ 'x-image-meta-size': '1' }, bytes(CAP + 1), true), 413);
    assert.equal(await send({}, bytes(CAP + 1), true), 413);
    const form = { method: 'POST', headers: FORM, body: formOf(...fields, file(bytes(CAP + 1))) };
    assert.equal((await owner.ask('/v1/images', form)).status, 413);
    const { id } = await owner.reserve(FORMATS);
    const put = { method: 'PUT', headers: OCTETS, body: bytes(CAP + 1) };
    assert.equal((await owner.ask(`/v1/images/${id}`, put)).status, 400);
    assert.equal(await owner.status(id), 'queued');
    assert.equal((await owner.ask(`/v1/images/${id}`, { ...put, chunked: true })).status, 413);
    assert.equal(await owner.status(id), 'killed');
    const sized = { method: 'POST', headers: { 'x-image-meta-size': String(CAP + 1) } };
    assert.equal((await owner.ask('/v1/images', sized)).status, 400);
    assert.deepEqual(await host.stored(), []);
    assert.equal(await send({}, bytes(CAP), true), 201);
  });

  it('is no way for an admin to lie about the size of an image that has data', async () => {
    const { id } = await host.as('owner').upload('data');
    const headers = { 'x-image-meta-size': '2' };
    imageOf(await host.as('admin').ask(`/v1/images/${id}`, { method: 'PUT', headers }), 200);
    await assert.rejects(host.as('owner').ask(`/v1/images/${id}`), 'half an image never looks whole');
  });
});

describe('data of an image', () => {
  const host = new AccessHost().hooks();

  it('OSSA-2015-020: has nothing left of it when the image goes while it comes', async () => {
    for (const chunked of [false, true]) {
      const going = await stall(host, host.as('owner'), 100_000, chunked);
      const remove = { method: 'DELETE' };
      assert.equal((await host.as('owner').ask(`/v1/images/${going.id}`, remove)).status, 200);
      assert.equal((await going.finish()).status, 412);
      assert.deepEqual(await host.stored(), []);
      assert.equal((await host.record(going.id)).status, 'deleted');
    }
  });
});
