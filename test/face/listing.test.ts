import assert from 'node:assert/strict';
import type { Caller, ListRequest } from '../../lib/index.js';
import { ANN, EVE, FaceHost, MIA, refusal, ROOT } from '../support/access/face.js';

describe('images.page', () => {
  const host = new FaceHost({ limitDefault: 3, limitMax: 5 });
  let ids: Readonly<Record<string, string>>;

  beforeEach(async () => {
    const { images, members } = host.registry;
    const made: Record<string, string> = {};
    const make = async (name: string, caller: Caller, metadata: object): Promise<void> => {
      made[name] = (await images.create(caller, { name, ...metadata })).id;
    };
    await make('private', ANN, { visibility: 'private' });
    await make('shared', ANN, { properties: { colour: 'red' } });
    await make('public', ROOT, { visibility: 'public' });
    await make('community', EVE, { visibility: 'community' });
    await make('hidden', ANN, { hidden: true });
    await make('of mia', MIA, {});
    await members.put(ANN, made.shared!, 'green');
    ids = made;
  });

  const names = async (caller: Caller, request: ListRequest = {}, dialect: 'v1' | 'v2' = 'v1') => {
    const page = await host.registry.images.speaking(dialect).page(caller, { limit: 5, ...request });
    return page.images.map(({ name }) => name).sort();
  };

  it('shows nobody what is not for him, whatever he asks for', async () => {
    assert.deepEqual(await names(EVE), ['community', 'public']);
    assert.deepEqual(await names(EVE, { isPublic: null }), ['community', 'public']);
    assert.deepEqual(await names(ANN), ['private', 'public', 'shared']);
    assert.deepEqual(await names(MIA), ['of mia', 'public', 'shared']);
    assert.deepEqual(await names(ROOT), ['public']);
    assert.deepEqual(await names(ROOT, { isPublic: null }), [
      'community',
      'of mia',
      'private',
      'public',
      'shared',
    ]);
  });

  it('leaves out what was last changed at the very time of changesSince', async () => {
    const { images } = host.registry;
    const changes = (await images.page(ANN, { limit: 5 })).images.map(({ updated_at }) => updated_at).sort();
    assert.equal(changes.length, 3);
    for (const [at, changesSince] of changes.entries())
      assert.equal((await names(ANN, { changesSince })).length, changes.length - 1 - at);
  });

  it('is narrowed by visibility and membership, as v2 has it', async () => {
    const { members } = host.registry;
    assert.deepEqual(await names(MIA, {}, 'v2'), ['of mia', 'public']);
    for (const dialect of ['v1', 'v2'] as const) {
      assert.deepEqual(await names(MIA, { memberStatus: 'pending' }, dialect), [
        'of mia',
        'public',
        'shared',
      ]);
      assert.deepEqual(await names(MIA, { memberStatus: 'all', visibility: 'shared' }, dialect), [
        'of mia',
        'shared',
      ]);
      assert.deepEqual(await names(ANN, { visibility: 'private' }, dialect), ['private']);
      assert.deepEqual(await names(ANN, { visibility: 'community' }, dialect), ['community']);
      assert.deepEqual(await names(ANN, { visibility: 'all' }, dialect), [
        'community',
        'private',
        'public',
        'shared',
      ]);
      assert.deepEqual(await names(EVE, { visibility: 'private' }, dialect), []);
      assert.deepEqual(await names({ ...EVE, project: null }, { visibility: 'all' }, dialect), [
        'community',
        'public',
      ]);
    }
    assert.deepEqual(await names({ ...EVE, project: null }, {}, 'v2'), ['public']);
    assert.deepEqual(await names(ROOT, {}, 'v2'), ['of mia', 'private', 'public', 'shared']);
    assert.deepEqual(await names(ROOT, { visibility: 'private' }, 'v2'), ['private']);
    await members.speaking('v2').setStatus(MIA, ids.shared!, 'green', 'accepted');
    assert.deepEqual(await names(MIA, {}, 'v2'), ['of mia', 'public', 'shared']);
    await members.speaking('v2').setStatus(MIA, ids.shared!, 'green', 'rejected');
    assert.deepEqual(await names(MIA, {}, 'v2'), ['of mia', 'public']);
    assert.deepEqual(await names(MIA), ['of mia', 'public', 'shared'], 'v1 asks nobody');
  });

  it('shows hidden images alone, and to those who may see them', async () => {
    assert.deepEqual(await names(ANN, { hidden: true }), ['hidden']);
    assert.deepEqual(await names(EVE, { hidden: true }), []);
  });

  it('filters', async () => {
    const { images } = host.registry;
    await images.create(ANN, { name: 'big', size: 5, min_ram: 7, disk_format: 'iso', protected: true });
    for (const filters of [
      { name: 'big' },
      { size_min: 5 },
      { size_min: 1, size_max: 5 },
      { min_ram: 7 },
      { disk_format: 'iso' },
      { protected: true },
    ])
      assert.deepEqual(await names(ANN, { filters }), ['big'], JSON.stringify(filters));
    assert.deepEqual(await names(ANN, { filters: { properties: { colour: 'red' } } }), ['shared']);
    assert.deepEqual(await names(ANN, { filters: { status: 'nonsense' } }), []);
    assert.deepEqual(await names(ANN, { filters: { min_disk: null } }), []);
  });

  it('goes from page to page and back', async () => {
    const { images } = host.registry;
    for (let n = 0; n < 7; n += 1) await images.create(EVE, { name: `${n}` });
    const sort = [{ key: 'name', dir: 'asc' }] as const;
    const first = await images.page(EVE, { sort });
    assert.deepEqual([first.limit, first.images.length, first.previous], [3, 3, null]);
    assert.equal((await images.page(EVE, { limit: 1000 })).limit, 5);
    const second = await images.page(EVE, { sort, marker: first.next, previous: true });
    assert.deepEqual(
      second.images.map(({ name }) => name),
      ['3', '4', '5'],
    );
    assert.deepEqual(second.previous, { marker: null });
    const third = await images.page(EVE, { sort, marker: second.next, previous: true });
    assert.deepEqual(third.previous, { marker: first.next });
    assert.deepEqual([third.next, third.images.length], [null, 3]);
    assert.deepEqual((await images.page(EVE, { limit: 0 })).images, []);
  });

  it('refuses what makes no listing, in words', async () => {
    const { images } = host.registry;
    const bad: readonly (readonly [unknown, RegExp])[] = [
      [{ limit: -1 }, /limit/],
      [{ limit: '5' }, /limit/],
      [{ marker: 'x' }, /marker/],
      [{ marker: crypto.randomUUID() }, /marker/],
      [{ marker: ids.private }, /marker/],
      [{ isPublic: 'yes' }, /isPublic/],
      [{ isPublic: true, visibility: 'public' }, /isPublic/],
      [{ visibility: 'mine' }, /visibility/],
      [{ memberStatus: 'new' }, /memberStatus/],
      [{ sort: [{ key: 'colour', dir: 'asc' }] }, /key/],
      [{ sort: [{ key: 'name', dir: 'up' }] }, /dir/],
      [{ sort: 'name' }, /sort/],
      [{ changesSince: 'yesterday' }, /changesSince/],
      [{ filters: { colour: 'red' } }, /colour/],
      [{ filters: { properties: { colour: 1 } } }, /colour/],
      [{ scopes: [{ kind: 'visibility', visibility: 'private' }] }, /scopes/],
    ];
    for (const [request, words] of bad)
      await assert.rejects(images.page(EVE, request as ListRequest), refusal('bad_request', words));
  });

  it('goes through all pages, whatever is deleted meanwhile', async () => {
    const { images } = host.registry;
    for (let n = 0; n < 12; n += 1) await images.create(EVE, { name: `${n}` });
    const seen: (string | null)[] = [];
    for await (const { id, name } of images.all(EVE, { sort: [{ key: 'created_at', dir: 'asc' }] })) {
      seen.push(name);
      if (name !== 'public' && name !== 'community') await images.remove(EVE, id);
    }
    assert.deepEqual(seen, ['public', 'community', ...Array.from({ length: 12 }, (_, n) => `${n}`)]);
    assert.deepEqual(await names(EVE), ['community', 'public']);
  });

  it('takes a deleted marker for a listing of changes, from those who could list it', async () => {
    const { images } = host.registry;
    for (const name of ['shared', 'community', 'of mia']) await images.remove(ROOT, ids[name]!);
    const since = '2000-01-01';
    const page = (caller: Caller, marker: string | undefined, changesSince?: string) =>
      images.page(caller, { marker: marker!, changesSince });
    assert.ok(await page(ANN, ids.shared, since));
    assert.ok(await page(ROOT, ids.shared, since));
    for (const [caller, name] of [
      [MIA, 'shared'],
      [EVE, 'shared'],
      [ANN, 'community'],
      [ANN, 'of mia'],
    ] as const)
      await assert.rejects(page(caller, ids[name], since), refusal('bad_request', /marker/), name);
    for (const caller of [ANN, ROOT])
      await assert.rejects(page(caller, ids.shared), refusal('bad_request', /marker/));
  });
});

describe('images that the policy lets nobody read', () => {
  const host = new FaceHost({
    policy: { get_image: (_, { name }) => typeof name !== 'string' || !name.startsWith('secret') },
  });

  it('are in no list, no answer and no marker', async () => {
    const { images, members } = host.registry;
    const open = await images.create(ANN, { name: 'open' });
    const { id } = await images.create(ANN, { name: 'secret' });
    await members.put(ANN, open.id, 'green');
    await members.put(ANN, id, 'green');
    assert.deepEqual(
      (await images.page(ANN)).images.map(({ name }) => name),
      ['open'],
    );
    assert.deepEqual((await images.page(ANN, { limit: 1 })).next, null);
    assert.deepEqual(await members.sharedWith(MIA, 'green'), [{ image_id: open.id, can_share: false }]);
    await assert.rejects(images.show(ANN, id), refusal('forbidden'));
    await assert.rejects(images.update(ANN, id, { min_ram: 5 }), refusal('forbidden'));
    await assert.rejects(images.page(ANN, { marker: id }), refusal('bad_request'));
    await assert.rejects(images.speaking('v2').show(ANN, id), refusal('not_found'));
    await assert.rejects(images.speaking('v2').remove(ANN, id), refusal('not_found'));
  });
});
