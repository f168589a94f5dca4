import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isRegistryError } from '../../lib/errors.js';
import { linkTo } from '../../lib/v2/listing/links.js';
import { readListQuery } from '../../lib/v2/listing/list-query.js';

type Read = ReturnType<typeof readListQuery>;
const read = (query: string): Read => readListQuery(new URLSearchParams(query));
const filters = (query: string): Read['filters'] => read(query).filters;
const sort = (query: string): string =>
  (read(query).sort ?? []).map(({ key, dir }) => `${key}:${dir}`).join(',');

function refuses(...queries: string[]): void {
  for (const query of queries)
    assert.throws(
      () => read(query),
      (error) => isRegistryError(error, 'bad_request'),
      query,
    );
}

describe('v2 list query', () => {
  it('says nothing when nothing is said, but the order', () => {
    assert.deepEqual(read(''), {
      hidden: false,
      filters: {},
      sort: [
        { key: 'created_at', dir: 'desc' },
        { key: 'id', dir: 'desc' },
      ],
    });
  });

  it('reads which images it is about', () => {
    const { visibility, memberStatus, hidden } = read(
      'visibility=community&member_status=all&os_hidden=True',
    );
    assert.deepEqual([visibility, memberStatus, hidden], ['community', 'all', true]);
    assert.equal(read('visibility=all').visibility, 'all');
    assert.deepEqual(read('visibility=').filters, { status: [] });
    refuses(
      'visibility=x',
      'visibility=PUBLIC',
      'member_status=',
      'member_status=x',
      'os_hidden=',
      'os_hidden=1',
    );
  });

  it('compares by eq: and in:', () => {
    assert.deepEqual(filters('name=alpha'), { name: 'alpha' });
    assert.deepEqual(filters('name='), { name: '' });
    assert.deepEqual(filters('name=eq:a:b'), { name: 'a:b' });
    assert.deepEqual(filters('status=in:queued,active'), { status: ['queued', 'active'] });
    assert.deepEqual(filters('id=in:AB,cd'), { id: ['ab', 'cd'] });
    assert.deepEqual(filters('id=AB'), { id: 'ab' });
    assert.deepEqual(filters('disk_format=in:'), { disk_format: [] });
    refuses('status=neq:active', 'container_format=x:bare', 'name=neq:x', 'name=gt:x', 'id=:x');
  });

  it('takes an unknown word before a colon as a part of a name', () => {
    for (const name of ['ubuntu:22.04', 'a:b:c', ':x', 'like:al', 'EQ:x'])
      assert.deepEqual(filters(`name=${encodeURIComponent(name)}`), { name });
  });

  it('reads lists with quotes', () => {
    const list = (text: string): unknown => filters(`name=${encodeURIComponent(`in:${text}`)}`)?.name;
    assert.deepEqual(list('a,"b, c",d'), ['a', 'b, c', 'd']);
    assert.deepEqual(list(',a'), ['', 'a']);
    assert.deepEqual(list('a,'), ['a']);
    assert.deepEqual(list('"",b'), ['', 'b']);
    // As the reference: the backslash stays.
    assert.deepEqual(list('"say \\"hi\\", all",b'), ['say \\"hi\\", all', 'b']);
    assert.deepEqual(list('a\\,b'), ['a\\', 'b']);
    for (const text of ['"a', 'a"b"', '"a"b', '"a" ,b', '"', '"a\\"'])
      assert.throws(
        () => list(text),
        (error) => isRegistryError(error, 'bad_request'),
        text,
      );
  });

  it('bounds lists and filters', () => {
    const values = Array.from({ length: 1000 }, (_, index) => `v${index}`);
    assert.deepEqual(filters(`name=in:${values.join()}`), { name: values });
    refuses(`name=in:${values.join()},one`);
    const tags = Array.from({ length: 50 }, (_, index) => `tag=t${index}`).join('&');
    assert.equal(filters(tags)?.tags?.length, 50);
    // What pages and sorts is no filter.
    assert.equal(filters(`${tags}&limit=5&sort_key=name&deleted=x`)?.tags?.length, 50);
    refuses(`${tags}&name=x`);
  });

  it('reads numbers, and bounds of them', () => {
    assert.deepEqual(filters('min_ram=64&size=010&virtual_size=x&min_disk=gt:1'), {
      min_ram: 64,
      size: null,
      virtual_size: null,
      min_disk: null,
    });
    assert.deepEqual(filters('size_min=20&size_max=-5&min_ram_max=99999999999999999999'), {
      size_min: 20,
      size_max: -1,
      min_ram_max: Number.MAX_SAFE_INTEGER,
    });
    refuses('size_min=', 'size_min=x', 'size_min=1.5', 'virtual_size_max=1e3', 'min_disk_min= 1');
    assert.deepEqual(filters('protected=true'), { protected: true });
    refuses('protected=', 'protected=True', 'protected=1');
  });

  it('compares times by whole seconds', () => {
    const at = '2026-01-02T03:04:05';
    const first = `${at}.000000`;
    const last = `${at}.999999`;
    const next = '2026-01-02T03:04:06.000000';
    const before = '2026-01-02T03:04:04.999999';
    for (const [word, span] of [
      ['', { min: first, max: last }],
      ['eq:', { min: first, max: last }],
      ['neq:', { min: first, max: last, outside: true }],
      ['gt:', { min: next }],
      ['gte:', { min: first }],
      ['lt:', { max: before }],
      ['lte:', { max: last }],
    ] as const) {
      assert.deepEqual(filters(`created_at=${word}${at}Z`), { created_at: span }, word);
      assert.deepEqual(filters(`updated_at=${word}20260102T030405Z`), { updated_at: span }, word);
    }
    // Between two seconds.
    assert.deepEqual(filters(`created_at=gt:${at}.5`), { created_at: { min: next } });
    assert.deepEqual(filters(`created_at=gte:${at}.5`), { created_at: { min: next } });
    assert.deepEqual(filters(`created_at=lt:${at}.5`), { created_at: { max: last } });
    assert.deepEqual(filters(`created_at=lte:${at}.5`), { created_at: { max: last } });
    assert.deepEqual(filters(`created_at=lt:2026-01-02T03:04:05%2B02:00`), {
      created_at: { max: '2026-01-02T01:04:04.999999' },
    });
    refuses(
      'created_at=',
      'created_at=yesterday',
      'created_at=gt:',
      `created_at=in:${at}`,
      `created_at=foo:${at}`,
    );
  });

  it('takes every other parameter as an extra property, and the last of those that stand twice', () => {
    assert.deepEqual(filters('distro=a&distro=in:b,c&__proto__=x&is_public=true&='), {
      properties: Object.fromEntries([
        ['distro', 'in:b,c'],
        ['__proto__', 'x'],
        ['is_public', 'true'],
        ['', ''],
      ]),
    });
    assert.deepEqual(filters('tag=%20x%20&tag=y&owner=blue&checksum=&name=a&name=b'), {
      tags: ['x', 'y'],
      owner: 'blue',
      checksum: '',
      name: 'b',
    });
    refuses('changes-since=2001-01-01T00:00:00', 'name=%00', '%00=x');
    assert.deepEqual(filters('changes-since=&deleted=true'), {});
  });

  it('reads orders in both forms', () => {
    assert.equal(sort('sort=name'), 'name:desc,created_at:desc,id:desc');
    assert.equal(sort('sort=%20name%20:%20asc%20'), 'name:asc,created_at:asc,id:asc');
    assert.equal(sort('sort=name:'), 'name:desc,created_at:desc,id:desc');
    assert.equal(sort('sort=status:asc,name'), 'status:asc,name:desc,created_at:desc,id:desc');
    assert.equal(sort('sort=created_at:asc,created_at:desc'), 'created_at:asc,id:desc');
    assert.equal(sort('sort=id:asc'), 'id:asc,created_at:asc');
    assert.equal(sort('sort=size&sort=name'), 'name:desc,created_at:desc,id:desc');
    assert.equal(sort('sort_dir=asc'), 'created_at:asc,id:asc');
    assert.equal(sort('sort_key=size&sort_key=name&sort_dir=asc'), 'size:asc,name:asc,created_at:asc,id:asc');
    assert.equal(sort('sort_key=size&sort_key=name'), 'size:desc,name:desc,created_at:desc,id:desc');
    assert.equal(
      sort('sort_key=size&sort_dir=asc&sort_key=name&sort_dir=desc'),
      'size:asc,name:desc,created_at:desc,id:desc',
    );
    refuses(
      'sort=',
      'sort=name:up',
      'sort=owner',
      'sort=name,',
      'sort=name:asc:x',
      'sort=name&sort_key=name',
    );
    refuses('sort=name&sort_dir=asc', 'sort_key=', 'sort_key=owner', 'sort_dir=', 'sort_dir=up');
    refuses('sort_key=name&sort_dir=asc&sort_dir=desc', 'sort_dir=asc&sort_dir=asc');
  });

  it('reads pages', () => {
    const id = '00000000-0000-4000-8000-00000000000A';
    assert.equal(read('limit=5&limit=7').limit, 7);
    assert.equal(read('limit=0').limit, 0);
    assert.equal(read(`limit=${'9'.repeat(40)}`).limit, Number.MAX_SAFE_INTEGER);
    assert.equal(read(`marker=${id}`).marker, id.toLowerCase());
    refuses('limit=', 'limit=-1', 'limit=x', 'limit=1.5', 'marker=', 'marker=x');
  });

  it('answers any query with a request or a refusal, never otherwise', () => {
    const names = [
      'name',
      'id',
      'status',
      'size',
      'size_min',
      'created_at',
      'tag',
      'visibility',
      'sort',
      'sort_key',
    ];
    const name = fc.oneof(
      fc.constantFrom(...names, 'sort_dir', 'limit', 'marker', 'os_hidden', 'x'),
      fc.string(),
    );
    const word = fc.constantFrom(
      '',
      'eq:',
      'in:',
      'gt:',
      'neq:',
      'name:',
      ',',
      '"',
      '\\',
      '2026-01-02T03:04:05Z',
    );
    const value = fc.array(fc.oneof(word, fc.string({ unit: 'binary' }))).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 60 }), (pairs) => {
        try {
          readListQuery(new URLSearchParams(pairs));
        } catch (error) {
          assert.ok(isRegistryError(error, 'bad_request'), String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('v2 links', () => {
  it('keep every parameter but the marker, and where it stands', () => {
    const given = new URLSearchParams('limit=200&marker=a&tag=x&tag=y&name=a%20b&sort_key=name');
    assert.equal(
      linkTo('/v2/images', given, null),
      '/v2/images?limit=200&tag=x&tag=y&name=a+b&sort_key=name',
    );
    assert.equal(
      linkTo('/v2/images', given, 'b'),
      '/v2/images?limit=200&tag=x&tag=y&name=a+b&sort_key=name&marker=b',
    );
    assert.equal(linkTo('/v2/images', new URLSearchParams('marker=a'), null), '/v2/images');
  });
});
