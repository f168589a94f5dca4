import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import Keyv from 'keyv';
import { KeyvLmdb, type ImageRegistryOptions } from '../../lib/index.js';
import { ask, type Answer } from '../support/clients/ask.js';
import { ADMIN, ANN, BOB, Host } from '../support/mounts/host.js';

/** Records that a registry has read of its LMDB. */
class CountedLmdb extends KeyvLmdb {
  reads = 0;

  override async open(): ReturnType<KeyvLmdb['open']> {
    const root = await super.open();
    const openDB = root.openDB.bind(root);
    root.openDB = ((options: { name: string }) => {
      const database = openDB(options);
      if (!options.name.endsWith('/records')) return database;
      const get = database.get.bind(database);
      database.get = (key) => {
        this.reads += 1;
        return get(key) as unknown;
      };
      return database;
    }) as typeof root.openDB;
    return root;
  }
}

const LISTS = ['/v1/images?limit=5', '/v1/images/detail?limit=5', '/v2/images?limit=5', '/v2/images'];

describe('listings on LMDB', () => {
  let folder: string;
  let store: CountedLmdb;
  const hosts: Host[] = [];
  const ids: string[] = [];

  const started = async (options: Partial<ImageRegistryOptions> = {}): Promise<Host> => {
    const metadata = new Keyv({
      store: hosts.length === 0 ? store : new KeyvLmdb({ path: folder }),
      throwOnErrors: true,
    });
    const host = new Host(undefined, 'memory', { metadata, sweepInterval: 0, ...options });
    hosts.push(host);
    await host.start();
    return host;
  };
  const list = async (token: string, at: string, host = hosts[0]!, headers = {}): Promise<Answer> => {
    const answer = await ask(host.url + at, { headers: { 'x-auth-token': token, ...headers } });
    assert.equal(answer.status, 200, answer.text);
    return answer;
  };
  const idsOf = ({ text }: Answer): string[] =>
    (JSON.parse(text) as { images: { id: string }[] }).images.map(({ id }) => id);
  const create = async (token: string, visibility: string, host = hosts[0]!): Promise<string> => {
    const headers = { 'x-auth-token': token, 'content-type': 'application/json' };
    const body = JSON.stringify({ name: visibility, visibility, os_secret: 'x' });
    const { status, text } = await ask(`${host.url}/v2/images`, { method: 'POST', headers, body });
    assert.equal(status, 201, text);
    return (JSON.parse(text) as { id: string }).id;
  };
  /** Records that are read for it. */
  const readsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = store.reads;
    await work();
    return store.reads - before;
  };

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'listings-kept-'));
    store = new CountedLmdb({ path: folder });
    await started();
    for (let n = 0; n < 10; n += 1) ids.unshift(await create(ANN, 'private'));
  });
  after(async () => {
    for (const host of hosts.reverse()) await host.stop();
    await store.disconnect();
    await rm(folder, { recursive: true });
  });

  it('are sent again without reading a record, as they were, while nothing is committed', async () => {
    for (const at of [
      ...LISTS,
      `/v1/images?limit=3&marker=${ids[4]!}`,
      `/v2/images?limit=3&marker=${ids[4]!}`,
    ]) {
      const first = await list(ANN, at);
      let again = first;
      assert.equal(await readsOf(async () => (again = await list(ANN, at))), 0, at);
      assert.equal(again.text, first.text);
      const { date: _date, 'x-openstack-request-id': _id, ...headers } = again.headers;
      const { date: _before, 'x-openstack-request-id': _other, ...expected } = first.headers;
      assert.deepEqual(headers, expected);
    }
  });

  it('show every commit, whichever registry on the folder makes it', async () => {
    const other = await started();
    for (const host of hosts) {
      await Promise.all(LISTS.map((at) => list(ANN, at)));
      const made = await create(ANN, 'private', host);
      for (const at of LISTS) assert.equal(idsOf(await list(ANN, at))[0], made, at);
      const headers = { 'x-auth-token': ANN };
      assert.equal((await ask(`${other.url}/v2/images/${made}`, { method: 'DELETE', headers })).status, 204);
      for (const at of LISTS) assert.equal(idsOf(await list(ANN, at))[0], ids[0], at);
    }
  });

  it('are those of the caller, of the version and of the address that was asked for', async () => {
    for (const at of LISTS) {
      await list(ANN, at);
      assert.deepEqual(idsOf(await list(BOB, at)), [], at);
      assert.deepEqual(idsOf(await list(BOB.replace('green', 'blue'), at)), idsOf(await list(ANN, at)), at);
    }
    assert.equal(idsOf(await list(ADMIN, '/v2/images')).length, 10);
    const v1 = 'application/vnd.openstack.images-v1';
    const v2 = 'application/vnd.openstack.images-v2';
    for (const [accept, key] of [
      [v1, 'uri'],
      [v2, 'self'],
      [v1, 'uri'],
    ] as const) {
      const { text } = await list(ANN, '/images', hosts[0], { accept });
      const { images } = JSON.parse(text) as { images: object[] };
      assert.ok(
        images.every((image) => Object.hasOwn(image, key)),
        accept,
      );
    }
    for (const host of ['a.example', 'b.example']) {
      const { text } = await list(ANN, '/v1/images?limit=2', hosts[0], { host });
      assert.ok(text.includes(`http://${host}/v1/images/`), text);
    }
  });

  it('are read anew with filters, and where rules decide who sees what', async () => {
    const filtered = '/v2/images?name=private';
    await list(ANN, filtered);
    assert.notEqual(await readsOf(() => list(ANN, filtered)), 0);
    const anybody = ['member', 'auditor'];
    const rule = { create: anybody, read: ['auditor'], update: anybody, delete: anybody };
    const host = await started({ propertyProtections: [{ pattern: '^os_secret$', ...rule }] });
    for (const [role, shown] of [
      ['member', false],
      ['auditor', true],
      ['member', false],
    ] as const) {
      const { text } = await list(`ann:blue:${role}`, '/v2/images', host);
      assert.equal(text.includes('os_secret'), shown, role);
    }
  });
});
