import assert from 'node:assert/strict';
import { memoryStore } from '../../lib/index.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import { ANN, Host } from '../support/mounts/host.js';
import { PATCH_TYPE, READY, V2Client } from '../support/clients/v2-client.js';

const MIB = 1024 * 1024;
const JSON_TYPE = 'application/json';
/** What stands for a request that was refused before any work was done. */
const NO_COMMITS = 0;

describe('what one request of v2 may cost', () => {
  const space = new PlainKeySpace();
  const host = new Host(undefined, 'memory', {
    metadata: space,
    blobs: memoryStore(),
    sweepInterval: 0,
  }).hooks();
  let ann: V2Client;
  let id = '';

  beforeEach(async () => {
    space.before = () => undefined;
    ann = new V2Client(host, ANN);
    ({ id } = await ann.create());
    space.resetCounts();
  });

  const longest = (body: string): string => body.padEnd(MIB, ' ');

  it('is nothing beyond a MiB of JSON, whatever it is for', async () => {
    for (const [method, path, type] of [
      ['POST', '/v2/images', JSON_TYPE],
      ['PATCH', `/v2/images/${id}`, PATCH_TYPE],
      ['POST', `/v2/images/${id}/members`, JSON_TYPE],
      ['PUT', `/v2/images/${id}/members/green`, JSON_TYPE],
    ] as const)
      assert.equal(
        (await ann.send(method, path, `${longest('{}')} `, type)).status,
        413,
        `${method} ${path}`,
      );
    assert.equal(space.counts.commits, NO_COMMITS);
    assert.ok(space.counts.recordsRead <= 8, `${space.counts.recordsRead} records were read`);
  });

  it('is one commit for as many operations as a PATCH may have, and none for more', async () => {
    const patch = async (operations: number): Promise<number> => {
      const all = Array.from({ length: operations }, (_, n) => ({ op: 'add', path: '/a', value: `${n}` }));
      return (await ann.send('PATCH', `/v2/images/${id}`, all, PATCH_TYPE)).status;
    };
    assert.equal(await patch(25_000), 400);
    assert.equal(await patch(1001), 400);
    assert.equal(space.counts.commits, NO_COMMITS);
    assert.equal(await patch(1000), 200);
    assert.equal(space.counts.commits, 1);
    assert.ok(space.counts.recordsRead <= 4, `${space.counts.recordsRead} records were read`);
  });

  it('is no commit for more tags, properties or members than there may be', async () => {
    const tags = Array.from({ length: 100_000 }, (_, n) => `t${n}`);
    assert.equal((await ann.send('POST', '/v2/images', { ...READY, tags })).status, 413);
    const replaced = [{ op: 'replace', path: '/tags', value: tags }];
    assert.equal((await ann.send('PATCH', `/v2/images/${id}`, replaced, PATCH_TYPE)).status, 413);
    const properties = Object.fromEntries(Array.from({ length: 30_000 }, (_, n) => [`p${n}`, '']));
    assert.equal((await ann.send('POST', '/v2/images', { ...READY, ...properties })).status, 413);
    const added = Object.keys(properties).slice(0, 1000);
    const operations = added.map((key) => ({ op: 'add', path: `/${key}`, value: '' }));
    assert.equal((await ann.send('PATCH', `/v2/images/${id}`, operations, PATCH_TYPE)).status, 413);
    assert.equal((await ann.send('POST', '/v2/images', { ...READY, ['k'.repeat(256)]: '' })).status, 400);
    assert.equal(space.counts.commits, NO_COMMITS);
  });

  it('is no more once the quotas of an image are taken, by members and tags one by one', async () => {
    const full = new Host(undefined, 'memory', { imageMemberQuota: 2, imageTagQuota: 2 });
    await full.start();
    const client = new V2Client(full, ANN);
    const image = await client.create({ ...READY, visibility: 'shared' });
    const path = `/v2/images/${image.id}`;
    const members = ['one', 'two', 'three'].map((member) =>
      client.send('POST', `${path}/members`, { member }),
    );
    const tags = ['one', 'two', 'three'].map((tag) => client.ask(`${path}/tags/${tag}`, { method: 'PUT' }));
    const statuses = async (asked: typeof tags): Promise<number[]> =>
      (await Promise.all(asked)).map(({ status }) => status).sort();
    assert.deepEqual(
      [await statuses(members), await statuses(tags)],
      [
        [200, 200, 413],
        [204, 204, 413],
      ],
    );
    await full.stop();
  });

  it('is a turn among few for a list with a filter that has no index', async () => {
    for (let n = 0; n < 300; n += 1) await ann.create();
    const reads = { now: 0, most: 0 };
    space.before = async (call) => {
      if (call !== 'get') return;
      reads.now += 1;
      reads.most = Math.max(reads.most, reads.now);
      await new Promise((resolve) => setImmediate(resolve));
      reads.now -= 1;
    };
    const lists = Array.from({ length: 30 }, () => ann.ask('/v2/images?color=none'));
    for (const { status } of await Promise.all(lists)) assert.equal(status, 200);
    assert.ok(reads.most <= 2, `${reads.most} slices were read at a time`);
  });

  it('is not read for those who may not write', async () => {
    const nobody = new V2Client(host, null);
    for (const path of ['/v2/images', `/v2/images/${id}/members`]) {
      const answer = await nobody.send('POST', path, longest('{}'));
      assert.equal(answer.status, 401);
    }
    assert.deepEqual([space.counts.commits, space.counts.recordsRead], [0, 0]);
  });
});
