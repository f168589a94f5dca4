import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import express from 'express';
import Keyv from 'keyv';
import { keySpaceFor } from '../../lib/catalogue/adapters/key-space-for.js';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import { createImageRegistry, memoryStore, type ImageRegistryOptions } from '../../lib/index.js';
import { CALLERS, everyCaller } from '../support/access/callers.js';
import { AccessHost } from '../support/access/host.js';
import { imageOfKind } from '../support/access/images.js';
import { ImagesClient } from '../support/clients/images-client.js';

const YAML = 'curator: "role:curator"\npublicize_image: "rule:curator"\ndelete_image: "!"\n';
const JSON_TEXT = '{"curator":"role:curator","publicize_image":"rule:curator","delete_image":"!"}';

describe('a policy file', () => {
  let folder: string;

  const write = async (name: string, text: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, text);
    return file;
  };

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'policy-'));
  });
  after(() => rm(folder, { recursive: true }));

  for (const [name, text] of [
    ['policy.yaml', YAML],
    ['policy.json', JSON_TEXT],
    ['POLICY.JSON', JSON_TEXT],
    ['policy', YAML],
  ] as const)
    it(`is in force: ${name}`, async () => {
      const host = new AccessHost(undefined, { policyFile: await write(name, text) });
      await host.start();
      try {
        const curator = host.client('cat:blue:member,curator');
        const { id } = await curator.reserve({ 'x-image-meta-is_public': 'true' });
        for (const [caller, status] of [
          ['owner', 403],
          ['admin', 403],
          ['stranger', 403],
        ] as const)
          assert.equal((await host.as(caller).ask(`/v1/images/${id}`, { method: 'DELETE' })).status, status);
        const hidden = await host.as('owner').reserve();
        const remove = { method: 'DELETE' };
        assert.equal((await host.as('stranger').ask(`/v1/images/${hidden.id}`, remove)).status, 403);
        assert.equal((await host.as('stranger').ask(`/v1/images/${hidden.id}`)).status, 404);
        const publish = { method: 'POST', headers: { 'x-image-meta-is_public': 'true' } };
        assert.equal((await host.as('admin').ask('/v1/images', publish)).status, 403);
      } finally {
        await host.stop();
      }
    });

  describe('that is no good', () => {
    /** Serves without waiting for `ready`, as many host apps do. */
    const unready = async (
      options: Partial<ImageRegistryOptions>,
      work: (registry: ReturnType<typeof createImageRegistry>, client: ImagesClient) => Promise<void>,
    ): Promise<void> => {
      const registry = createImageRegistry({
        authenticate: everyCaller(),
        metadata: new Keyv({ throwOnErrors: true }),
        blobs: memoryStore(),
        logger: {
          debug: () => undefined,
          info: () => undefined,
          warn: () => undefined,
          error: () => undefined,
        },
        ...options,
      });
      const server = http.createServer(express().use(registry)).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      try {
        await work(registry, new ImagesClient(url, CALLERS.admin));
      } finally {
        server.close();
        server.closeAllConnections();
        await registry.close();
      }
    };

    const bad: readonly (readonly [string, string, RegExp])[] = [
      ['bad.yaml', 'get_image: "@"\ndelete_image: "role"\n', /delete_image/],
      ['twice.yaml', 'get_image: "@"\nget_image: "!"\n', /line 2|get_image/],
      ['broken.yaml', 'get_image: "@\n', /line \d/],
      ['broken.json', '{"get_image": "@",\n "delete_image" "!"}', /line \d|position \d/],
      ['list.json', '[]', /policy/],
      ['circle.yaml', 'a: "rule:b"\nb: "rule:a"\n', /rule/],
      ['unknown.yaml', 'get_image: "rule:nothing"\n', /get_image|nothing/],
    ];
    for (const [name, text, where] of bad)
      it(`stops the start and lets nobody in: ${name}`, async () => {
        const policyFile = await write(name, text);
        await unready({ policyFile }, async (registry, client) => {
          for (const [method, where] of [
            ['GET', '/v1/images'],
            ['POST', '/v1/images'],
            ['GET', `/v1/images/${crypto.randomUUID()}`],
          ] as const) {
            const answer = await client.ask(where, { method });
            assert.equal(answer.status, 503);
            assert.equal(answer.headers['retry-after'], '5');
            assert.ok(!answer.text.includes(folder) && !answer.text.includes(name), answer.text);
          }
          await assert.rejects(registry.ready(), (error: unknown) => {
            assert.ok(error instanceof TypeError);
            assert.match(error.message, where);
            return true;
          });
          const caller = { user: 'x', project: 'y', roles: [], admin: true, readOnly: false };
          await assert.rejects(registry.images.show(caller, crypto.randomUUID()), { code: 'unavailable' });
          await assert.rejects(registry.members.list(caller, crypto.randomUUID()), { code: 'unavailable' });
        });
      });

    it('lets nobody in where the host app has opened the metadata itself', async () => {
      const policyFile = await write('bad.yaml', 'delete_image: "role"');
      const metadata = keySpaceFor(new Keyv({ throwOnErrors: true }));
      const catalogue = new ImageCatalogue(new CatalogueSpace(metadata));
      await catalogue.open();
      const image = imageOfKind('public', 'nothing');
      await catalogue.create(image);
      await unready({ policyFile, metadata }, async ({ images, members }) => {
        const caller = { user: 'x', project: 'y', roles: [], admin: true, readOnly: false };
        await assert.rejects(images.show(caller, image.id), { code: 'unavailable' });
        await assert.rejects(images.remove(caller, image.id), { code: 'unavailable' });
        await assert.rejects(members.list(caller, image.id), { code: 'unavailable' });
        assert.deepEqual((await catalogue.get(image.id))?.image, image);
      });
    });

    it('is read again once it is put right', async () => {
      const policyFile = path.join(folder, 'late.yaml');
      await unready({ policyFile }, async (registry, client) => {
        await assert.rejects(registry.ready(), /policyFile.*late\.yaml/);
        await write('late.yaml', 'delete_image: "rule:');
        assert.equal((await client.ask('/v1/images')).status, 503);
        await write('late.yaml', 'delete_image: "!"');
        const { id } = await client.reserve();
        assert.equal((await client.ask(`/v1/images/${id}`, { method: 'DELETE' })).status, 403);
        await registry.ready();
      });
    });
  });
});

describe('a policy in code', () => {
  const create = (options: object) => () => createImageRegistry({ authenticate: everyCaller(), ...options });

  it('that is wrong is refused at once, and the rule is named', () => {
    for (const [policy, where] of [
      [{ delete_image: 'role' }, /policy rule delete_image/],
      [{ delete_image: '', get_image: 'a b' }, /policy rule get_image/],
      [{ delete_image: [] }, /policy rule delete_image/],
      [{ delete_image: ['@', 'member'] }, /policy rule delete_image/],
      [{ delete_image: ['role:member'] }, /policy rule delete_image/],
      [{ delete_image: 5 }, /policy rule delete_image/],
      [{ delete_image: null }, /policy rule delete_image/],
      [{ delete_image: 'rule:nothing' }, /nothing/],
      [
        { own: 'rule:mine', mine: 'rule:own' },
        /refer to each other in a circle: (own -> mine -> own|mine -> own -> mine)/,
      ],
      [{ delete_image: 'http://example.org/' }, /policy rule delete_image/],
      ['@', /option policy/],
      [[], /option policy/],
    ] as const)
      assert.throws(create({ policy }), (error: unknown) => {
        assert.ok(error instanceof TypeError, JSON.stringify(policy));
        assert.match(error.message, where);
        return true;
      });
  });

  it('and a file exclude each other, and so do the two kinds of protections', () => {
    assert.throws(create({ policy: {}, policyFile: 'x' }), /policy and option policyFile/);
    assert.throws(
      create({ propertyProtections: [], propertyProtectionsFile: 'x' }),
      /propertyProtections and option propertyProtectionsFile/,
    );
  });
});
