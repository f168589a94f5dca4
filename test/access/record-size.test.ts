import assert from 'node:assert/strict';
import { AccessHost } from '../support/access/host.js';

const LARGE = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`key_${n}`, 'x'.repeat(2700)]));
const V2 = { 'content-type': 'application/json' };
const PATCH = { 'content-type': 'application/openstack-images-v2.1-json-patch' };

describe('a record that would be too large', () => {
  const host = new AccessHost();
  before(() => host.start());
  after(() => host.stop());

  it('is not made, by either version or by the host app', async () => {
    const ann = host.as('owner');
    const body = JSON.stringify({ name: 'large', ...LARGE });
    assert.equal((await ann.ask('/v2/images', { method: 'POST', headers: V2, body })).status, 413);
    const inHeaders = Object.entries(LARGE).map(([key, value]) => [`x-image-meta-property-${key}`, value]);
    // As many as fit into the headers of one request.
    const headers = Object.fromEntries(inHeaders.slice(0, 60)) as Record<string, string>;
    assert.equal((await ann.ask('/v1/images', { method: 'POST', headers })).status, 201);
  });

  it('does not come about by changes, and what is large already may shrink', async () => {
    const image = await host.add('shared', { properties: LARGE });
    const ann = host.as('owner');
    const change = async (operations: object[]): Promise<number> => {
      const question = { method: 'PATCH', headers: PATCH, body: JSON.stringify(operations) };
      return (await ann.ask(`/v2/images/${image.id}`, question)).status;
    };
    assert.equal(await change([{ op: 'add', path: '/more', value: 'x' }]), 413);
    assert.equal((await ann.ask(`/v2/images/${image.id}/tags/t`, { method: 'PUT' })).status, 413);
    const member = { method: 'POST', headers: V2, body: JSON.stringify({ member: 'black' }) };
    assert.equal((await ann.ask(`/v2/images/${image.id}/members`, member)).status, 413);
    assert.equal((await ann.ask(`/v2/images/${image.id}`)).status, 200);
    assert.equal(await change([{ op: 'remove', path: '/key_0' }]), 200);
    assert.deepEqual(Object.keys((await host.record(image.id)).properties).length, 99);
  });

  it('is not read for its members: a list over the quota is refused as it is', async () => {
    const image = await host.add('shared');
    const memberships = Array.from({ length: 20_000 }, (_, n) => ({ member_id: `project-${n}` }));
    const question = { method: 'PUT', headers: V2, body: JSON.stringify({ memberships }) };
    const answer = await host.as('owner').ask(`/v1/images/${image.id}/members`, question);
    assert.equal(answer.status, 413);
    assert.deepEqual(await host.record(image.id), image);
  });
});
