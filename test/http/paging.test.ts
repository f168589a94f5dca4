import assert from 'node:assert/strict';
import { BOB, Host } from '../support/mounts/host.js';
import { listOf, type ImageJson, type ListJson } from '../support/clients/images-client.js';
import { MOUNTS } from '../support/mounts/serve.js';

const SORT_KEYS = ['name', 'size', 'disk_format', 'created_at', 'id'];

for (const mount of MOUNTS)
  describe(`paging, ${mount.name}`, () => {
    const host = new Host(mount).hooks();

    before(async () => {
      const client = host.client();
      for (let n = 0; n < 60; n += 1)
        await client.reserve({
          ...(n % 9 === 0 ? {} : { 'x-image-meta-name': `näme ${n % 20}` }),
          ...(n % 2 === 0 ? { 'x-image-meta-disk_format': ['raw', 'iso', 'vdi'][n % 3]! } : {}),
          'x-image-meta-size': String(1 + (n % 7)),
          'x-image-meta-min_ram': String(n % 4),
          'x-image-meta-property-parity': n % 2 === 0 ? 'even' : 'odd',
        });
      await host.client(BOB).reserve({ 'x-image-meta-name': 'of another project' });
    });

    /** Reads a page and checks its Link header against its links. */
    async function read(path: string): Promise<ListJson> {
      const answer = await host.client().ask(path);
      const page = listOf(answer);
      const links = [
        ...(page.next === undefined ? [] : [`<${page.next}>; rel="next"`]),
        ...(page.previous === undefined ? [] : [`<${page.previous}>; rel="prev"`]),
      ];
      assert.equal(answer.headers.link, links.length === 0 ? undefined : links.join(', '));
      for (const link of [page.next, page.previous])
        if (link !== undefined) assert.ok(link.startsWith(`${host.url}/v1/images`), link);
      return page;
    }

    /** All pages from an address on, following one of the links. */
    async function walk(path: string, direction: 'next' | 'previous'): Promise<ListJson[]> {
      const pages = [await read(path)];
      for (let link = pages[0]?.[direction]; link !== undefined; link = pages.at(-1)?.[direction]) {
        pages.push(await read(link));
        assert.ok(pages.length <= 61, 'the walk comes to an end');
      }
      return pages;
    }

    const ids = (images: readonly ImageJson[]): string[] => images.map(({ id }) => id);

    for (const sortKey of SORT_KEYS)
      for (const sortDir of ['asc', 'desc']) {
        it(`walks ${sortKey} ${sortDir} to the end and back`, async () => {
          const query = `/v1/images?sort_key=${sortKey}&sort_dir=${sortDir}`;
          const all = await read(`${query}&limit=1000`);
          assert.equal(all.images.length, 60);
          assert.equal('next' in all || 'previous' in all, false);
          const pages = await walk(`${query}&limit=7`, 'next');
          assert.deepEqual(
            pages.map(({ images }) => images.length),
            [7, 7, 7, 7, 7, 7, 7, 7, 4],
          );
          assert.deepEqual(ids(pages.flatMap(({ images }) => images)), ids(all.images));
          const back = await walk(pages.at(-2)?.next ?? '', 'previous');
          assert.deepEqual(ids(back.reverse().flatMap(({ images }) => images)), ids(all.images));
        });
      }

    it('keeps filters and unknown parameters in the links', async () => {
      const filter = 'property-parity=even&min_ram=2&name=&unknown=a%26b%C3%BC&limit=2';
      const none = await read(`/v1/images/detail?${filter}`);
      assert.deepEqual(none.images, []);
      const query = filter.replace('name=&', '');
      const pages = await walk(`/v1/images/detail?${query}`, 'next');
      const found = pages.flatMap(({ images }) => images);
      assert.equal(found.length, 15);
      assert.ok(found.every(({ min_ram, properties }) => min_ram === 2 && properties.parity === 'even'));
      assert.ok(pages[0]?.next?.startsWith(`${host.url}/v1/images/detail?`));
      const given = new URL(pages[0]?.next ?? '').searchParams;
      given.delete('marker');
      assert.deepEqual([...given].map(String).sort(), [...new URLSearchParams(query)].map(String).sort());
    });

    it('gives nothing for limit=0, and 25 images when nothing is said', async () => {
      assert.deepEqual(await read('/v1/images?limit=0'), { images: [] });
      assert.equal((await read('/v1/images')).images.length, 25);
      assert.equal((await read('/v1/')).images.length, 25);
    });

    it('answers behind the last image with no images and the way back', async () => {
      const { images } = await read('/v1/images?limit=1000');
      const page = await read(`/v1/images?limit=7&marker=${images.at(-1)?.id}`);
      assert.deepEqual(page.images, []);
      assert.equal(page.next, undefined);
      const before = await read(page.previous ?? '');
      assert.deepEqual(ids(before.images), ids(images.slice(-7)));
    });

    it('takes a marker in any form of uuid, which need not match the filters', async () => {
      const { images } = await read('/v1/images/detail?limit=1000');
      const odd = images.find(({ properties }) => properties.parity === 'odd');
      const marker = odd?.id.toUpperCase().replaceAll('-', '');
      const page = await read(`/v1/images/detail?property-parity=even&limit=1000&marker=${marker}`);
      const expected = images.slice(ids(images).indexOf(odd?.id ?? '') + 1);
      assert.deepEqual(
        ids(page.images),
        ids(expected.filter(({ properties }) => properties.parity === 'even')),
      );
    });

    it('refuses markers of nothing, of no image, of deleted and of hidden images', async () => {
      const hidden = await host.client(BOB).reserve();
      const deleted = await host.client().reserve();
      await host.client().ask(`/v1/images/${deleted.id}`, { method: 'DELETE' });
      for (const marker of ['', 'x', '%00', crypto.randomUUID(), hidden.id, deleted.id])
        for (const limit of ['', '&limit=0']) {
          const answer = await host.client().ask(`/v1/images?marker=${marker}${limit}`);
          assert.equal(answer.status, 400, `${marker} ${limit}`);
        }
    });
  });

describe('a listing of changes', () => {
  const host = new Host().hooks();

  it('is walked by its links to the end and back, though its pages begin and end with deleted images', async () => {
    const client = host.client();
    const made: string[] = [];
    for (let n = 0; n < 12; n += 1) {
      const { id } = await client.reserve();
      made.unshift(id);
      if (n % 4 !== 0) await client.ask(`/v1/images/${id}`, { method: 'DELETE' });
    }
    for (const token of [undefined, 'root:red:admin'])
      for (const limit of [1, 2, 5]) {
        const scope = token === undefined ? '' : '&is_public=none';
        const pages: ListJson[] = [];
        for (
          let path: string | undefined = `/v1/images?changes-since=2000-01-01&limit=${limit}${scope}`;
          path !== undefined;
          path = pages.at(-1)?.next
        )
          pages.push(listOf(await host.client(token).ask(path)));
        assert.deepEqual(
          pages.flatMap(({ images }) => images.map(({ id }) => id)),
          made,
        );
        assert.equal(pages.length, Math.ceil(12 / limit));
        const back: ListJson[] = [];
        for (let path = pages.at(-1)?.previous; path !== undefined; path = back.at(-1)?.previous)
          back.push(listOf(await host.client(token).ask(path)));
        assert.equal(back.length, pages.length - 1);
      }
  });
});
