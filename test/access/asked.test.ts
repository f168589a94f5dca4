import assert from 'node:assert/strict';
import { ACTIONS, type Action } from '../../lib/domain/policy/actions.js';
import type { Caller, ImageRegistry, PolicyRules } from '../../lib/index.js';
import { AccessHost } from '../support/access/host.js';
import { NEEDS } from '../support/access/needs.js';
import { ANN, MIA, refusal } from '../support/access/face.js';

type Work = (registry: ImageRegistry, caller: Caller, id: string) => Promise<unknown>;

const DATA = { data: Buffer.from('data') };
const NOWHERE = { copyFrom: 'http://127.0.0.1:1/x' };

/** What the host app's own code may call, and the action that it needs. */
const CALLS: readonly (readonly [Action, string, Work])[] = [
  ['get_image', 'images.show', ({ images }, caller, id) => images.show(caller, id)],
  ['get_image', 'images.update', ({ images }, caller, id) => images.update(caller, id, {})],
  ['get_image', 'images.download', ({ images }, caller, id) => images.download(caller, id)],
  ['get_images', 'images.page', ({ images }, caller) => images.page(caller, { limit: 0 })],
  ['get_images', 'images.all', ({ images }, caller) => first(images.all(caller))],
  ['add_image', 'images.create', ({ images }, caller) => images.create(caller)],
  ['upload_image', 'images.create with data', ({ images }, caller) => images.create(caller, {}, DATA)],
  ['upload_image', 'images.create of size 0', ({ images }, caller) => images.create(caller, { size: 0 })],
  ['upload_image', 'images.upload', ({ images }, caller, id) => images.upload(caller, id, DATA)],
  ['upload_image', 'images.upload of a copy', ({ images }, caller, id) => images.upload(caller, id, NOWHERE)],
  ['copy_from', 'images.upload of a copy', ({ images }, caller, id) => images.upload(caller, id, NOWHERE)],
  ['modify_image', 'images.stage', ({ images }, caller, id) => images.stage(caller, id, DATA)],
  [
    'modify_image',
    'images.import in place of an upload',
    ({ images }, caller, id) =>
      images.import(caller, id, { method: 'web-download', uri: 'http://192.0.2.1/' }),
  ],
  [
    'copy_image',
    'images.import of a copy',
    ({ images }, caller, id) => images.import(caller, id, { method: 'copy-image' }),
  ],
  ['modify_image', 'images.update', ({ images }, caller, id) => images.update(caller, id, () => null)],
  [
    'publicize_image',
    'images.update',
    ({ images }, caller, id) => images.update(caller, id, () => ({ visibility: 'public' })),
  ],
  [
    'communitize_image',
    'images.update',
    ({ images }, caller, id) => images.update(caller, id, () => ({ visibility: 'community' })),
  ],
  ['download_image', 'images.download', ({ images }, caller, id) => images.download(caller, id)],
  ['delete_image', 'images.remove', ({ images }, caller, id) => images.remove(caller, id)],
  [
    'delete_image_location',
    'images.removeCopy',
    ({ images }, caller, id) => images.removeCopy(caller, id, 'file'),
  ],
  ['deactivate', 'images.deactivate', ({ images }, caller, id) => images.deactivate(caller, id)],
  ['reactivate', 'images.reactivate', ({ images }, caller, id) => images.reactivate(caller, id)],
  ['get_members', 'members.list', ({ members }, caller, id) => members.list(caller, id)],
  ['get_members', 'members.sharedWith', ({ members }, caller) => members.sharedWith(caller, 'green')],
  ['get_member', 'members.show', ({ members }, caller, id) => members.show(caller, id, 'green')],
  ['add_member', 'members.add', ({ members }, caller, id) => members.add(caller, id, 'black')],
  ['add_member', 'members.put', ({ members }, caller, id) => members.put(caller, id, 'black')],
  ['modify_member', 'members.put', ({ members }, caller, id) => members.put(caller, id, 'black')],
  ['modify_member', 'members.replace', ({ members }, caller, id) => members.replace(caller, id, [])],
  ['delete_member', 'members.replace', ({ members }, caller, id) => members.replace(caller, id, [])],
  ['delete_member', 'members.remove', ({ members }, caller, id) => members.remove(caller, id, 'green')],
  [
    'modify_member',
    'members.setStatus',
    ({ members }, _, id) => members.setStatus(MIA, id, 'green', 'accepted'),
  ],
];

/** What only HTTP offers, and the action that it needs. */
const PATHS: readonly (readonly [Action, string])[] = [
  ['tasks_api_access', '/v2/tasks'],
  ['stores_info_detail', '/v2/info/stores/detail'],
  ['manage_image_cache', '/v2/cache'],
];

async function first(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items) return;
}

async function withHost(policy: PolicyRules, work: (host: AccessHost) => Promise<void>): Promise<void> {
  const host = new AccessHost(undefined, { policy });
  await host.start();
  try {
    await work(host);
  } finally {
    await host.stop();
  }
}

describe('the policy', () => {
  it('is asked about every action somewhere, over HTTP or by the host app', () => {
    const calls = [...CALLS, ...PATHS].map(([action]) => action);
    const asked = new Set([...NEEDS.map(({ action }) => action), ...calls]);
    assert.deepEqual([...asked].sort(), [...ACTIONS].sort());
  });

  for (const [action, path] of PATHS)
    it(`is asked about ${action} by GET ${path}`, async () => {
      await withHost({ [action]: '!' }, async (host) => {
        assert.equal((await host.as('admin').ask(path)).status, 403);
      });
      await withHost({ [action]: '@' }, async (host) => {
        assert.notEqual((await host.as('owner').ask(path)).status, 403);
      });
    });

  for (const asked of new Set(CALLS.map(([action]) => action)))
    describe(`is asked about ${asked}`, () => {
      const rules = ['!', 'not user_id:ann and not user_id:mia', () => false] as const;
      const hosts = rules.map((rule) => new AccessHost(undefined, { policy: { [asked]: rule } }).hooks());

      for (const dialect of ['v1', 'v2'] as const)
        for (const [action, what, work] of CALLS.filter(([one]) => one === asked))
          it(`by ${what}, ${dialect}`, async () => {
            for (const host of hosts) {
              const { images, members } = host.served.registry;
              const registry = Object.assign(Object.create(null) as object, {
                images: images.speaking(dialect),
                members: members.speaking(dialect),
              }) as ImageRegistry;
              const image = await host.add(what.includes('upload') ? 'queued' : 'shared');
              // What may not even be read is in v2 not there.
              const hidden = dialect === 'v2' && action === 'get_image';
              await assert.rejects(
                work(registry, ANN, image.id),
                hidden ? refusal('not_found') : refusal('forbidden', new RegExp(`policy.*${action}`)),
              );
              assert.deepEqual(await host.record(image.id), image);
            }
          });
    });
});
