import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { AccessHost } from '../support/access/host.js';
import { PROTECTIONS, protectionsFolder } from '../support/access/protections.js';
import { propertiesIn } from '../support/access/properties.js';
import type { Question } from '../support/clients/ask.js';
import { FORM, field, file, formOf } from '../support/clients/form.js';
import { FORMATS, imageOf, OCTETS, type ImagesClient } from '../support/clients/images-client.js';

const ALL = { secret_a: 'hush', billing_code: '7', origin: 'ann', free_x: 'x', nothing_y: 'y' } as const;
/** What a user of the owner's project may read of it. */
const READABLE = { billing_code: '7', origin: 'ann', free_x: 'x' } as const;
const KEEP = { 'x-glance-registry-purge-props': 'false' } as const;

const asHeaders = (properties: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [`x-image-meta-property-${key}`, value]),
  );

for (const [way, options] of Object.entries(PROTECTIONS))
  describe(`property protections, ${way}`, () => {
    let host: AccessHost;
    let folder: string;
    let id: string;
    let biller: ImagesClient;

    before(async () => {
      folder = await protectionsFolder();
      host = new AccessHost(undefined, await options(folder));
      await host.start();
      biller = host.client('bea:blue:member,billing');
    });
    after(async () => {
      await host.stop();
      await rm(folder, { recursive: true });
    });
    beforeEach(async () => {
      ({ id } = await host.add('shared', { properties: ALL }));
    });

    const put = async (client: ImagesClient, properties: object, more: Question = {}): Promise<number> => {
      const headers = { ...asHeaders(properties as Record<string, string>), ...more.headers };
      return (await client.ask(`/v1/images/${id}`, { ...more, method: 'PUT', headers })).status;
    };
    const properties = async (): Promise<object> => (await host.record(id)).properties;

    it('leave what the caller may not read out of every answer', async () => {
      for (const [caller, expected] of [
        ['owner', READABLE],
        ['member', READABLE],
        ['admin', { secret_a: 'hush', ...READABLE }],
      ] as const)
        for (const [where, found] of Object.entries(await propertiesIn(host.as(caller), id)))
          assert.deepEqual(found, expected, `${caller}, ${where}`);
      const { images } = host.served.registry;
      const caller = { user: 'ann', project: 'blue', roles: [], admin: false, readOnly: false };
      assert.deepEqual((await images.show(caller, id)).properties, READABLE);
      const { image, stream } = await images.download(caller, id);
      stream.destroy();
      assert.deepEqual(image.properties, READABLE);
    });

    it('leave it out of the answers to changes, and leave it in place', async () => {
      const owner = host.as('owner');
      const changed = await owner.ask(`/v1/images/${id}`, { method: 'PUT', headers: asHeaders(READABLE) });
      assert.deepEqual(imageOf(changed, 200).properties, READABLE);
      assert.deepEqual(await properties(), ALL);
      const { free_x: _, ...without } = READABLE;
      const purged = await owner.ask(`/v1/images/${id}`, { method: 'PUT', headers: asHeaders(without) });
      assert.deepEqual(imageOf(purged, 200).properties, without);
      assert.deepEqual(await properties(), { ...without, secret_a: 'hush', nothing_y: 'y' });
    });

    it('refuse to set what the caller may not create, and leave no record', async () => {
      const taken = crypto.randomUUID();
      for (const key of [
        'secret_a',
        'billing_code',
        'nothing_y',
        'other',
        'x_origin',
        'Secret_A',
        'BILLING-code',
      ]) {
        const given = { 'x-image-meta-id': taken };
        const json = { 'content-type': 'application/json' };
        const body = JSON.stringify({ id: taken, properties: { [key]: 'mine' } });
        const form = [field('id', taken), field(`property-${key}`, 'mine')];
        const formats = Object.entries(FORMATS).map(([name, value]) => field(name, value));
        for (const question of [
          { headers: { ...given, ...asHeaders({ [key]: 'mine' }) } },
          { headers: { ...given, ...asHeaders({ [key]: 'mine' }), ...OCTETS, ...FORMATS }, body: 'data' },
          { headers: json, body },
          { headers: FORM, body: formOf(...form) },
          { headers: FORM, body: formOf(...form, ...formats, file('data')) },
        ]) {
          const answer = await host.as('owner').ask('/v1/images', { ...question, method: 'POST' });
          assert.equal(answer.status, 403, `${key} ${answer.text}`);
        }
      }
      assert.equal(await host.as('admin').status(taken), '404');
      const made = await biller.reserve(asHeaders({ billing_code: '8', origin: 'bea', free_z: 'z' }));
      assert.deepEqual(made.properties, { billing_code: '8', origin: 'bea', free_z: 'z' });
    });

    it('refuse to change what the caller may not update, with data or without', async () => {
      const { id: queued } = await host.add('queued', { properties: ALL });
      for (const given of [
        { secret_a: 'x' },
        { billing_code: '8' },
        { origin: 'x' },
        { nothing_y: 'x' },
        { new: 'x' },
      ]) {
        assert.equal(await put(host.as('owner'), { ...READABLE, ...given }), 403);
        assert.equal(await put(host.as('owner'), given, { headers: KEEP }), 403);
        const headers = { ...asHeaders(given), ...OCTETS };
        const upload = { method: 'PUT', headers, body: 'data' };
        assert.equal((await host.as('owner').ask(`/v1/images/${queued}`, upload)).status, 403);
      }
      assert.deepEqual(await properties(), ALL);
      assert.equal(await host.as('owner').status(queued), 'queued');
      assert.equal(await put(biller, { ...READABLE, billing_code: '8' }), 200);
      assert.deepEqual(await properties(), { ...ALL, billing_code: '8' });
    });

    it('let a property be set to the value it has, but not to one that cannot be read', async () => {
      assert.equal(await put(host.as('owner'), { billing_code: '7', origin: 'ann' }, { headers: KEEP }), 200);
      assert.equal(await put(host.as('owner'), { secret_a: 'hush' }, { headers: KEEP }), 403);
      assert.equal(await put(host.as('owner'), { nothing_y: 'y' }, { headers: KEEP }), 403);
      assert.deepEqual(await properties(), ALL);
    });

    it('refuse a purge of what may be read but not deleted', async () => {
      for (const left of ['billing_code', 'origin']) {
        const named = Object.fromEntries(Object.entries(READABLE).filter(([key]) => key !== left));
        assert.equal(await put(host.as('owner'), named), 403, left);
      }
      assert.equal(await put(host.as('owner'), {}, { headers: KEEP }), 200);
      assert.deepEqual(await properties(), ALL);
      assert.equal(await put(biller, { origin: 'ann' }), 200);
      assert.deepEqual(await properties(), { origin: 'ann', secret_a: 'hush', nothing_y: 'y' });
    });

    it('keep filters from telling what cannot be read', async () => {
      const list = async (client: ImagesClient, query: string): Promise<string> =>
        (await client.ask(`/v1/images/detail?${query}&name=image%20${id}`)).text;
      const owner = host.as('owner');
      for (const key of ['secret_a', 'nothing_y', 'unheard_of'])
        for (const value of ['hush', 'y', 'x', '', 'null'])
          assert.equal(await list(owner, `property-${key}=${value}`), '{"images":[]}', `${key}=${value}`);
      assert.match(await list(owner, 'property-billing_code=7'), new RegExp(id));
      assert.match(await list(host.as('admin'), 'is_public=none&property-secret_a=hush'), new RegExp(id));
      assert.equal(await list(host.as('admin'), 'is_public=none&property-nothing_y=y'), '{"images":[]}');
    });

    it("do not reach the registry's own keys", async () => {
      ({ id } = await host.add('shared', { properties: { os_glance_failed_import: 'fast' } }));
      // Version 1 hides them from everyone.
      assert.deepEqual((await propertiesIn(host.as('member'), id)).HEAD, {});
      const { text } = await host.as('member').ask(`/v2/images/${id}`);
      assert.equal((JSON.parse(text) as Record<string, unknown>).os_glance_failed_import, 'fast');
      assert.ok(host.logged.some(({ level, message }) => level === 'warn' && message.includes('os_glance')));
    });
  });

describe('a protected property', () => {
  it('cannot be counterfeited in another spelling that headers do not tell from it', async () => {
    const rule = (pattern: string, who: string) => ({
      pattern,
      create: [who],
      read: ['@'],
      update: [who],
      delete: [who],
    });
    const propertyProtections = [rule('^billing_', 'billing'), rule('.*', '@')];
    const host = new AccessHost(undefined, { propertyProtections });
    await host.start();
    try {
      for (const key of ['BILLING_code', 'Billing-Code', 'billing-code']) {
        const body = JSON.stringify({ properties: { [key]: 'free' } });
        const headers = { 'content-type': 'application/json' };
        const answer = await host.as('owner').ask('/v1/images', { method: 'POST', headers, body });
        assert.equal(answer.status, 403, key);
      }
    } finally {
      await host.stop();
    }
  });
});
