import assert from 'node:assert/strict';
import { callerOf } from '../../lib/domain/identity.js';
import { parsePolicy } from '../../lib/domain/policy/parse-policy.js';

const ADMIN = callerOf({ user: 'root', project: 'ops', roles: ['admin'] });
const MEMBER = callerOf({ user: 'ann', project: 'blue', roles: ['member'] });

const YAML = `# Who may do what
"context_is_admin": "role:admin"
publicize_image: "!"
delete_image: >-
  rule:context_is_admin or
  project_id:%(owner)s
"add_image": [["rule:context_is_admin"], ["role:member", "role:uploader"]]
`;

describe('policy files', () => {
  it('are read as YAML', async () => {
    const policy = await parsePolicy(YAML, 'yaml');
    assert.ok(!policy.allows('publicize_image', ADMIN, null));
    assert.ok(policy.allows('delete_image', MEMBER, { owner: 'blue' }));
    assert.ok(!policy.allows('delete_image', MEMBER, { owner: 'red' }));
    assert.ok(policy.allows('add_image', ADMIN, null));
    assert.ok(!policy.allows('add_image', MEMBER, null));
    assert.ok(policy.allows('deactivate', MEMBER, null));
  });

  it('are read as JSON', async () => {
    const policy = await parsePolicy('\uFEFF{\n\t"get_image": "role:admin",\r\n\t"\\u0061b": ""}', 'json');
    assert.ok(!policy.allows('get_image', MEMBER, null));
    assert.ok(policy.hasRule('ab'));
  });

  it('leave the defaults in force when all is commented out', async () => {
    for (const text of ['', '# "get_image": "!"\n', '{}', '---\n']) {
      const policy = await parsePolicy(text, 'yaml');
      assert.ok(policy.allows('get_image', MEMBER, null));
      assert.ok(!policy.allows('publicize_image', MEMBER, null));
    }
  });

  for (const [format, text, message] of [
    ['yaml', 'a: "@"\n\nget_image: "role:a or"\n', /line 3, rule get_image: at position 10: the end/],
    ['json', '{"a": "@",\n "get_image": "role:a role:b"}', /line 2, rule get_image: at position 8/],
    ['yaml', 'a: "@"\nb: "!"\na: "!"\n', /unique at line 3/],
    ['json', '{"a": "@", "a": "!"}', /unique at line 1/],
    ['yaml', 'get_image: @\n', /policy file: .*line 1/],
    ['yaml', 'get_image: !\n', /line 1, rule get_image: a quoted string/],
    ['yaml', 'get_image:\n', /line 1, rule get_image: a quoted string/],
    ['yaml', 'get_image: true\n', /line 1, rule get_image: a quoted string/],
    ['yaml', '? get_image\n', /line 1, rule get_image: a quoted string/],
    ['yaml', '1: "@"\n', /the name of a rule must be a string/],
    ['yaml', '- "@"\n', /a mapping of names to rules/],
    ['yaml', 'a: "@"\n---\nb: "@"\n', /policy file: .*multiple documents/],
    ['yaml', 'get_image: [["role:a", 5]]\n', /line 1, rule get_image: a list can hold/],
    ['yaml', 'get_image: ["admin"]\n', /line 1, rule get_image: "admin" is not a check/],
    ['yaml', 'get_image: "rule:gone"\n', /policy file: policy rule get_image refers to rule:gone/],
    ['yaml', 'get_image: "http://x/"\n', /line 1, rule get_image: .*not supported/],
    ['json', '{"a": "@",}', /policy file is not JSON: .*/],
    ['json', 'a: "@"', /policy file is not JSON/],
    ['json', '"@"', /a mapping of names to rules/],
  ] as const)
    it(`refuses ${JSON.stringify(text)} as ${format}`, async () => {
      await assert.rejects(parsePolicy(text, format), { name: 'TypeError', message });
    });
});
