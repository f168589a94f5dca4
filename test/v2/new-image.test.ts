import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DEFAULTS } from '../../lib/defaults.js';
import { isRegistryError, type ErrorCode } from '../../lib/errors.js';
import { readMemberStatus, readNewMember } from '../../lib/v2/bodies/member-bodies.js';
import { readNewImage } from '../../lib/v2/bodies/new-image.js';
import { compileSchema } from '../../lib/v2/schemas/compile-schema.js';
import { imageSchema } from '../../lib/v2/schemas/image-schema.js';
import { SCHEMA_PROPERTIES } from '../../lib/v2/schemas/schema-properties.js';

const check = compileSchema(imageSchema({ ...DEFAULTS, schemaProperties: SCHEMA_PROPERTIES }));
const read = (body: unknown): ReturnType<typeof readNewImage> => readNewImage(body, check);

function refuses(code: ErrorCode, message: RegExp, ...texts: string[]): void {
  for (const text of texts)
    assert.throws(
      () => read(JSON.parse(text)),
      (error) => isRegistryError(error, code) && message.test(error.message),
      text,
    );
}

describe('the body of a new v2 image', () => {
  it('is what records know, and properties', () => {
    const body = {
      id: '00000000-0000-4000-8000-00000000000A',
      name: 'n',
      os_hidden: true,
      disk_format: null,
      owner: '',
      tags: ['a', 'a'],
      min_ram: 64.0,
      distro: 'debian',
      kernel_id: null,
      'hw:cpu policy': '',
    };
    assert.deepEqual(read(body), {
      id: '00000000-0000-4000-8000-00000000000a',
      name: 'n',
      hidden: true,
      disk_format: null,
      owner: '',
      tags: ['a', 'a'],
      min_ram: 64,
      properties: { distro: 'debian', kernel_id: null, 'hw:cpu policy': '' },
    });
  });

  it('has properties of any name', () => {
    const { properties } = read(
      JSON.parse('{"__proto__":"a","constructor":"b","member":"c","toString":"d"}'),
    );
    assert.deepEqual(Object.entries(properties ?? {}), [
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['member', 'c'],
      ['toString', 'd'],
    ]);
    assert.equal(Object.getPrototypeOf(properties), Object.prototype);
  });

  it('is refused in an order: where it is, what it is, what nobody sets', () => {
    refuses('forbidden', /^self cannot/, '{"self":"x","name":5}');
    refuses('forbidden', /^stores cannot/, '{"stores":5}');
    refuses('bad_request', /^name must be a string or null/, '{"status":"active","name":5}');
    refuses('bad_request', /^deleted must be a string/, '{"deleted":true}');
    refuses('bad_request', /^os_glance_x must be a string/, '{"os_glance_x":5}');
    refuses('forbidden', /^status cannot/, '{"status":"queued"}');
    refuses('forbidden', /os_glance/, '{"os_glance":"x"}', '{"os_glance_import_task":"x"}');
    refuses('forbidden', /location/, '{"location":"x"}', '{"locations":[]}');
    refuses('forbidden', /os_hash_algo cannot/, '{"os_hash_algo":"sha512"}');
    assert.deepEqual(read({ os_glancing: 'x' }).properties, { os_glancing: 'x' });
  });

  it('is told what is wrong with it, by the name of the attribute', () => {
    refuses('bad_request', /JSON object/, '[]', '["name"]', '"x"', 'null', '5');
    refuses(
      'bad_request',
      /^disk_format must be one of null, ami/,
      '{"disk_format":"QCOW2"}',
      '{"disk_format":""}',
    );
    refuses('bad_request', /^tags 1 must be a string/, '{"tags":["x",1]}');
    refuses('bad_request', /^tags 0 must have at most 255 characters/, `{"tags":["${'😀'.repeat(256)}"]}`);
    refuses('bad_request', /^id must be a uuid/, '{"id":"00000000000040008000000000000102"}');
    refuses('bad_request', /^kernel_id must be a uuid/, '{"kernel_id":"x"}');
    refuses(
      'bad_request',
      /^min_ram must be a whole number/,
      '{"min_ram":1.5}',
      '{"min_ram":1e400}',
      '{"min_ram":"1"}',
    );
    refuses('bad_request', /^protected must be true or false/, '{"protected":null}', '{"protected":1}');
    refuses('bad_request', /^visibility must be/, '{"visibility":"none"}', '{"visibility":null}');
    refuses('bad_request', /^__proto__ must be a string/, '{"__proto__":{"admin":true}}');
    refuses('bad_request', /name of an attribute/, '{"":"v"}', `{"${'k'.repeat(256)}":"v"}`);
    refuses('bad_request', /^k{100}… must be a string/, `{"${'k'.repeat(300)}":5}`);
    assert.ok(read({ name: '😀'.repeat(255), ['k'.repeat(255)]: 'x' }));
  });

  it('is read or refused, whatever it is', () => {
    const names = fc.constantFrom(
      'name',
      'id',
      'tags',
      'owner',
      'visibility',
      'locations',
      'size',
      '__proto__',
      'x',
    );
    const body = fc.oneof(
      fc
        .array(fc.tuple(fc.oneof(names, fc.string()), fc.jsonValue()))
        .map((pairs) => Object.fromEntries(pairs)),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(body, (given) => {
        try {
          read(JSON.parse(JSON.stringify(given)));
        } catch (error) {
          assert.ok(isRegistryError(error, 'bad_request', 'forbidden'), String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the bodies of v2 members', () => {
  it('name the member', () => {
    assert.equal(readNewMember({ member: 'a b/ü', status: 'accepted' }), 'a b/ü');
    for (const body of [
      null,
      [],
      'green',
      {},
      { member: '' },
      { member: null },
      { member: 5 },
      { members: 'x' },
    ])
      assert.throws(
        () => readNewMember(body),
        (error) => isRegistryError(error, 'bad_request'),
      );
    assert.throws(() => readNewMember({ member: 'm'.repeat(256) }));
  });

  it('say what the member says, whatever that is', () => {
    assert.equal(readMemberStatus({ status: 'accepted', member: 'x' }), 'accepted');
    assert.equal(readMemberStatus({ status: null }), null);
    for (const body of [null, [], 'accepted', {}, { member: 'x' }])
      assert.throws(
        () => readMemberStatus(body),
        (error) => isRegistryError(error, 'bad_request'),
      );
  });
});
