import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DEFAULTS } from '../../lib/defaults.js';
import type { ImageChanges } from '../../lib/domain/metadata.js';
import { publicImage } from '../../lib/domain/public-image.js';
import { isRegistryError, type ErrorCode } from '../../lib/errors.js';
import { patchReader } from '../../lib/v2/bodies/patch.js';
import { compileSchema } from '../../lib/v2/schemas/compile-schema.js';
import { imageSchema } from '../../lib/v2/schemas/image-schema.js';
import { SCHEMA_PROPERTIES } from '../../lib/v2/schemas/schema-properties.js';
import { sampleImage } from '../support/mounts/sample-images.js';

const V20 = 'application/openstack-images-v2.0-json-patch';
const V21 = 'application/openstack-images-v2.1-json-patch';
const check = compileSchema(imageSchema({ ...DEFAULTS, schemaProperties: SCHEMA_PROPERTIES }));
const read = (body: unknown, type = V21): ReturnType<ReturnType<typeof patchReader>> =>
  patchReader(type)(body, check);

/** What the only operation asks of an image with these properties, or the code of its refusal. */
function told(
  body: unknown,
  properties: Record<string, string> = {},
  type = V21,
): ImageChanges | ErrorCode | null {
  const [change, ...more] = read(body, type);
  assert.equal(more.length, 0);
  try {
    return typeof change === 'function' ? change(publicImage(sampleImage(1, { properties }))) : null;
  } catch (error) {
    assert.ok(isRegistryError(error));
    return error.code;
  }
}

function keyOf(path: string): string | undefined {
  const changes = told([{ op: 'add', path, value: 'v' }]);
  return typeof changes === 'object' ? Object.keys(changes?.properties ?? {})[0] : undefined;
}

function refuses(code: ErrorCode, body: unknown, type = V21): void {
  assert.throws(
    () => read(body, type),
    (error) => isRegistryError(error, code),
    JSON.stringify(body),
  );
}

describe('v2 PATCH', () => {
  it('takes both media types, with parameters, and no other', () => {
    for (const type of [V20, V21, `${V21}; charset=utf-8`]) assert.deepEqual(read([], type), []);
    for (const type of [undefined, '', 'application/json', V21.toUpperCase(), V21.replace('2.1', '2.2')])
      assert.throws(
        () => patchReader(type),
        (error) =>
          isRegistryError(error, 'unsupported_media_type') &&
          error.headers['Accept-Patch'] === `${V20}, ${V21}`,
      );
  });

  it('says the same in both media types, but that 2.0 adds only what is not there', () => {
    const there = { x: 'old' };
    assert.deepEqual(told([{ op: 'add', path: '/x', value: 'y', extra: 1 }], there), {
      properties: { x: 'y' },
    });
    assert.equal(told([{ add: '/x', value: 'y' }], there, V20), 'conflict');
    for (const [body, type] of [
      [[{ op: 'replace', path: '/x', value: 'y' }], V21],
      [[{ replace: '/x', value: 'y' }], V20],
    ] as const) {
      assert.deepEqual(told(body, there, type), { properties: { x: 'y' } });
      assert.equal(told(body, {}, type), 'conflict');
    }
    for (const [body, type] of [
      [[{ op: 'remove', path: '/x', value: 5 }], V21],
      [[{ remove: '/x' }], V20],
    ] as const) {
      assert.deepEqual(told(body, there, type), { removeProperties: ['x'] });
      assert.equal(told(body, {}, type), 'conflict');
    }
    assert.deepEqual(told([{ add: '/x', value: 'y' }], {}, V20), { properties: { x: 'y' } });
  });

  it('sets fields', () => {
    for (const op of ['add', 'replace'])
      assert.deepEqual(told([{ op, path: '/os_hidden', value: true }]), { hidden: true });
    assert.deepEqual(told([{ op: 'replace', path: '/owner', value: '' }]), { owner: '' });
    assert.deepEqual(told([{ replace: '/tags', value: ['a'] }], {}, V20), { tags: ['a'] });
  });

  it('refuses in their turn what nobody may do to a field', () => {
    assert.equal(told([{ op: 'remove', path: '/name' }]), 'forbidden');
    assert.equal(told([{ add: '/name', value: 'x' }], {}, V20), 'conflict');
    assert.equal(told([{ op: 'remove', path: '/locations/0' }]), 'forbidden');
    const location = { url: 'http://x/', metadata: {} };
    assert.equal(told([{ op: 'add', path: '/locations/-', value: location }]), 'forbidden');
    assert.equal(told([{ op: 'replace', path: '/locations', value: [location] }]), 'forbidden');
  });

  it('changes locations where the operator wants that', () => {
    const changed = (operation: object): unknown => {
      const [change] = patchReader(V21)([operation], check, { changesLocations: true });
      return typeof change === 'function' && change(publicImage(sampleImage(1)))?.changeLocations;
    };
    const value = {
      url: 'http://x/',
      metadata: { a: 1 },
      validation_data: { os_hash_algo: 'sha512', os_hash_value: 'ab' },
    };
    const location = { url: value.url, metadata: value.metadata, validation: value.validation_data };
    assert.deepEqual(changed({ op: 'add', path: '/locations/-', value }), { op: 'add', at: 'end', location });
    assert.deepEqual(changed({ op: 'add', path: '/locations/12', value }), { op: 'add', at: 12, location });
    assert.deepEqual(changed({ op: 'remove', path: '/locations/0' }), { op: 'remove', at: 0 });
    assert.deepEqual(changed({ op: 'replace', path: '/locations', value: [value] }), {
      op: 'replace',
      locations: [location],
    });
    for (const place of ['x', '-1', '01', '1e3', '1.5', '9999999', 'end'])
      refuses('bad_request', [{ op: 'remove', path: `/locations/${place}` }]);
  });

  it('reads paths as JSON pointers of one segment', () => {
    assert.equal(keyOf('/a~1b'), 'a/b');
    assert.equal(keyOf('/~01'), '~1');
    assert.equal(keyOf('/ blank '), 'blank');
    assert.equal(keyOf('/__proto__'), '__proto__');
    assert.equal(keyOf(`/${'ü'.repeat(255)}`), 'ü'.repeat(255));
    for (const path of [
      '',
      'x',
      '/',
      '//',
      '/a//b',
      '/a/',
      '/a/b',
      '/~',
      '/~2',
      '/a~',
      '/tags/-',
      '/ ',
      5,
      null,
    ])
      refuses('bad_request', [{ op: 'add', path, value: 'v' }]);
    refuses('bad_request', [{ op: 'add', path: `/${'k'.repeat(256)}`, value: 'v' }]);
    refuses('bad_request', [{ op: 'remove', path: '/locations' }]);
    refuses('bad_request', [{ op: 'add', path: '/locations', value: [] }]);
    refuses('bad_request', [{ op: 'add', path: '/locations/0', value: { url: 'x' } }]);
  });

  it('checks operation by operation: the first that is wrong decides', () => {
    const wrong = { op: 'add', path: '/min_ram', value: 'x' };
    const kept = { op: 'replace', path: '/status', value: 5 };
    refuses('bad_request', [wrong, kept]);
    refuses('forbidden', [kept, wrong]);
    for (const path of [
      '/id',
      '/size',
      '/self',
      '/stores',
      '/location',
      '/deleted',
      '/os_glance',
      '/os_glance_x',
    ])
      for (const op of ['add', 'replace', 'remove']) refuses('forbidden', [{ op, path, value: [] }]);
  });

  it('refuses what is no list of operations, and too many', () => {
    for (const body of [null, {}, 'x', 5, [5], ['x'], [[]], [null]]) refuses('bad_request', body);
    for (const operation of [
      {},
      { op: 'test', path: '/x', value: 'y' },
      { op: 'ADD', path: '/x', value: 'y' },
    ])
      refuses('bad_request', [operation]);
    refuses('bad_request', [{ op: 'add', path: '/x' }]);
    refuses('bad_request', [{ add: '/x', replace: '/x', value: 'y' }], V20);
    const many = Array.from({ length: 1001 }, () => ({ op: 'add', path: '/x', value: 'y' }));
    assert.equal(read(many.slice(1)).length, 1000);
    refuses('bad_request', many);
  });

  it('reads back every key that is escaped as RFC 6901 says', () => {
    const key = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((text) => text.trim() === text && !text.startsWith('os_glance'));
    fc.assert(
      fc.property(key, (text) => {
        const path = `/x${text.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        assert.equal(keyOf(path), `x${text}`);
      }),
    );
  });

  it('answers anything with operations or a refusal of the request, never otherwise', () => {
    const names = [
      'name',
      'tags',
      'min_ram',
      'locations',
      'id',
      'status',
      'kernel_id',
      '__proto__',
      'constructor',
    ];
    const path = fc.oneof(
      fc.string(),
      fc
        .array(fc.oneof(fc.string(), fc.constantFrom(...names, '-', '0', '~0', '~1', '~')))
        .map((parts) => ['', ...parts].join('/')),
    );
    const operation = fc.oneof(
      fc.record(
        {
          op: fc.oneof(fc.constantFrom('add', 'replace', 'remove'), fc.jsonValue()),
          path,
          value: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
      fc.record({ add: path, replace: path, remove: path, value: fc.jsonValue() }, { requiredKeys: [] }),
      fc.jsonValue(),
    );
    const body = fc.oneof(fc.array(operation), fc.jsonValue());
    fc.assert(
      fc.property(body, fc.constantFrom(V20, V21), (given, type) => {
        // As a parser makes it, with own keys called __proto__.
        const parsed: unknown = JSON.parse(JSON.stringify(given));
        try {
          for (const change of read(parsed, type)) assert.equal(typeof change, 'function');
        } catch (error) {
          assert.ok(isRegistryError(error, 'bad_request', 'forbidden'), String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
