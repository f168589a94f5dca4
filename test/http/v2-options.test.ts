import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  createImageRegistry,
  devTokens,
  SCHEMA_PROPERTIES,
  type ImageRegistryOptions,
} from '../../lib/index.js';
import { ANN, Host } from '../support/mounts/host.js';
import { V2Client } from '../support/clients/v2-client.js';

describe('options of v2', () => {
  function refuses(options: object, message: RegExp): void {
    const all = { authenticate: devTokens(), ...options } as ImageRegistryOptions;
    assert.throws(
      () => createImageRegistry(all),
      (error) => error instanceof TypeError && message.test(error.message),
    );
  }

  it('are checked at start', () => {
    refuses({ versions: [] }, /option versions /);
    refuses({ versions: ['v3'] }, /option versions.0 must be one of v1, v2/);
    refuses({ versions: ['v2', 'v2'] }, /option versions /);
    refuses({ hashAlgorithm: 'md5' }, /option hashAlgorithm must be one of sha256, sha384, sha512/);
    refuses({ policy: 'rbac' }, /option policy must be owner, secure-rbac, or an object of rules/);
    refuses({ imageTagQuota: -1 }, /option imageTagQuota /);
    refuses({ schemaProperties: { x: {} } }, /option schemaProperties.x.type is missing/);
    refuses(
      { schemaProperties: { x: { type: 'integer' } } },
      /option schemaProperties.x.type must be one of/,
    );
    refuses({ schemaProperties: { x: { type: 'string', $ref: '#' } } }, /no option schemaProperties.x.\$ref/);
    refuses(
      { schemaProperties: { x: { type: 'string', pattern: '(' } } },
      /schemaProperties.x.pattern .*regular expression/,
    );
    refuses({ schemaProperties: { status: { type: 'string' } } }, /schemaProperties.status .*every image/);
    refuses(
      { schemaProperties: { os_glance_x: { type: 'string' } } },
      /schemaProperties.os_glance_x .*reserved/,
    );
  });

  describe('hashAlgorithm', () => {
    const host = new Host(undefined, 'memory', { hashAlgorithm: 'sha256' }).hooks();

    it('is shown, and what data is digested by', async () => {
      const { os_hash_algo, os_hash_value } = await new V2Client(host, ANN).upload('data');
      assert.equal(os_hash_algo, 'sha256');
      assert.equal(os_hash_value, createHash('sha256').update('data').digest('hex'));
    });
  });

  describe('schemaProperties, diskFormats and containerFormats', () => {
    const flavour = { type: 'string', enum: ['sweet', 'salty'], description: 'How it tastes.' } as const;
    const host = new Host(undefined, 'memory', {
      diskFormats: ['raw', 'squashfs'],
      containerFormats: ['bare'],
      schemaProperties: { ...SCHEMA_PROPERTIES, flavour },
    }).hooks();

    it('are what the schema says, and what is taken', async () => {
      const ann = new V2Client(host, ANN);
      const { properties } = JSON.parse((await ann.ask('/v2/schemas/image')).text) as {
        properties: Record<string, { enum?: unknown[] }>;
      };
      assert.deepEqual(properties.flavour, { ...flavour, is_base: false });
      assert.deepEqual(properties.disk_format?.enum, [null, 'raw', 'squashfs']);
      const image = await ann.create({ flavour: 'sweet', disk_format: 'squashfs', container_format: 'bare' });
      assert.equal(image.flavour, 'sweet');
      for (const body of [{ flavour: 'bitter' }, { disk_format: 'qcow2' }, { container_format: 'ova' }]) {
        const answer = await ann.send('POST', '/v2/images', body);
        assert.equal(answer.status, 400);
        assert.match(answer.text, new RegExp(`${Object.keys(body).join()} must be one of`));
      }
      assert.equal((await ann.patch(image.id, { op: 'replace', path: '/flavour', value: 'x' })).status, 400);
    });
  });

  describe('userStorageQuota and imageCountQuota', () => {
    const host = new Host(undefined, 'memory', { userStorageQuota: '10MB', imageCountQuota: 5 }).hooks();

    it('are shown with what is used', async () => {
      const ann = new V2Client(host, ANN);
      await ann.upload(Buffer.alloc(1_500_000));
      await ann.create();
      assert.deepEqual(JSON.parse((await ann.ask('/v2/info/usage')).text), {
        usage: {
          image_size_total: { usage: 2, limit: 10 },
          image_stage_total: { usage: 0, limit: -1 },
          image_count_total: { usage: 2, limit: 5 },
          image_count_uploading: { usage: 0, limit: -1 },
        },
      });
    });
  });

  describe('the size of a record', () => {
    const host = new Host().hooks();

    it('is bounded, whatever it is made of', async () => {
      const ann = new V2Client(host, ANN);
      const big = 'x'.repeat(200_000);
      const { id } = await ann.create({ first: big });
      const { updated_at } = await ann.show(id);
      const answer = await ann.patch(id, { op: 'add', path: '/second', value: 'x'.repeat(70_000) });
      assert.equal(answer.status, 413, answer.text);
      assert.equal((await ann.show(id)).updated_at, updated_at);
      const together = { a: big, b: big };
      assert.equal((await ann.send('POST', '/v2/images', together)).status, 413);
      assert.equal((await ann.patch(id, { op: 'replace', path: '/first', value: 'small' })).status, 200);
    });
  });
});
