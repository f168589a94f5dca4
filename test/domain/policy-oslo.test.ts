import assert from 'node:assert/strict';
import { callerOf } from '../../lib/domain/identity.js';
import { Policy } from '../../lib/domain/policy.js';
import { parsePolicy } from '../../lib/domain/policy/parse-policy.js';

// The verdicts below are those of oslo.policy 4.0.0, asked once for these rules, callers and targets.
const NAMED = {
  context_is_admin: 'role:admin',
  owner: 'project_id:%(owner)s',
  public: "'public':%(visibility)s",
  default: '',
  deep: 'rule:owner or rule:context_is_admin',
};

const CALLERS = [
  callerOf({ user: 'u1', project: 'p1', roles: ['Admin'] }),
  callerOf({ user: 'u2', project: 'p2', roles: ['member', 'reader'] }),
  callerOf({ user: 'u3', project: 'p3', roles: ['READER', 'image:Curator'] }),
  callerOf({ user: null, project: null, roles: [], readOnly: true }),
];

const TARGETS = [
  {
    id: 'i1',
    name: 'ubuntu',
    owner: 'p2',
    project_id: 'p2',
    visibility: 'public',
    is_public: true,
    protected: false,
    min_ram: 512,
    curator: 'member',
    member_id: 'p3',
  },
  {
    id: 'i2',
    name: null,
    owner: 'p2',
    project_id: 'p2',
    visibility: 'private',
    is_public: false,
    protected: true,
    min_ram: 0,
    curator: 'reader',
  },
  {
    id: 'i3',
    name: 'None',
    owner: null,
    project_id: null,
    visibility: 'shared',
    is_public: false,
    protected: false,
    min_ram: 0,
  },
  {},
];

/** Rule, then for each caller the verdicts on each target. */
const TEXTS: readonly (readonly [string, string])[] = [
  ['', '1111 1111 1111 1111'],
  ['@', '1111 1111 1111 1111'],
  ['!', '0000 0000 0000 0000'],
  ['role:admin', '1111 0000 0000 0000'],
  ['role:ADMIN', '1111 0000 0000 0000'],
  ['role:member', '0000 1111 0000 0000'],
  ['role:image:curator', '0000 0000 1111 0000'],
  ['Role:admin', '0000 0000 0000 0000'],
  ['role:%(curator)s', '0000 1100 0100 0000'],
  ['rule:context_is_admin', '1111 0000 0000 0000'],
  ['rule:owner', '0000 1100 0000 0010'],
  ['rule:deep', '1111 1100 0000 0010'],
  ['rule:default', '1111 1111 1111 1111'],
  ['role:admin or role:member', '1111 1111 0000 0000'],
  ['role:member and role:reader', '0000 1111 0000 0000'],
  ['not role:admin', '0000 1111 1111 1111'],
  ['NOT role:admin AND role:reader', '0000 1111 1111 0000'],
  ['not not role:member', '0000 1111 0000 0000'],
  ['not (role:admin or role:member)', '0000 0000 1111 1111'],
  ['not role:admin or role:member', '0000 1111 1111 1111'],
  ['role:nope or role:reader and role:member', '0000 1111 0000 0000'],
  ['role:reader or role:member and role:nope', '0000 1111 1111 0000'],
  ['(role:reader or role:member) and role:nope', '0000 0000 0000 0000'],
  ['role:member and role:reader or role:admin', '1111 1111 0000 0000'],
  ['role:reader and not role:member or role:admin', '1111 0000 1111 0000'],
  ['role:admin or role:reader and not role:member and rule:public or rule:owner', '1111 1100 1000 0010'],
  ['((role:admin))', '1111 0000 0000 0000'],
  ['( role:member and ( rule:owner or rule:public ) )', '0000 1100 0000 0000'],
  ['project_id:%(owner)s', '0000 1100 0000 0010'],
  ['tenant:%(owner)s', '0000 1100 0000 0010'],
  ['user_id:%(user_id)s', '0000 0000 0000 0000'],
  ['user:u2', '0000 1111 0000 0000'],
  ['is_admin:True', '1111 0000 0000 0000'],
  ['is_admin:true', '0000 0000 0000 0000'],
  ['is_admin:False', '0000 1111 1111 1111'],
  ['is_admin:1', '0000 0000 0000 0000'],
  ['read_only:True', '0000 0000 0000 1111'],
  ['roles:member', '0000 1111 0000 0000'],
  ['roles:Member', '0000 0000 0000 0000'],
  ['roles:reader', '0000 1111 0000 0000'],
  ['domain_id:%(owner)s', '0000 0000 0000 0000'],
  ['domain_id:None', '0000 0000 0000 0000'],
  ["'public':%(visibility)s", '1000 1000 1000 1000'],
  ['"public":%(visibility)s', '1000 1000 1000 1000'],
  ["'community':%(visibility)s", '0000 0000 0000 0000'],
  ['True:%(is_public)s', '1000 1000 1000 1000'],
  ['False:%(protected)s', '1010 1010 1010 1010'],
  ['True:%(protected)s', '0100 0100 0100 0100'],
  ['None:%(name)s', '0110 0110 0110 0110'],
  ["'None':%(name)s", '0110 0110 0110 0110'],
  ['None:%(owner)s', '0010 0010 0010 0010'],
  ['512:%(min_ram)s', '1000 1000 1000 1000'],
  ['0:%(min_ram)s', '0110 0110 0110 0110'],
  ['-1:-1', '1111 1111 1111 1111'],
  ['1.5:1.5', '1111 1111 1111 1111'],
  ['1.50:1.5', '1111 1111 1111 1111'],
  ['2.0:2', '0000 0000 0000 0000'],
  ['2.0:2.0', '1111 1111 1111 1111'],
  ['+3:3', '1111 1111 1111 1111'],
  ['True:True', '1111 1111 1111 1111'],
  ["'a':b", '0000 0000 0000 0000'],
  ["'a':a", '1111 1111 1111 1111'],
  ["'p2-i1':%(owner)s-%(id)s", '1000 1000 1000 1000'],
  ["'100%':100%%", '1111 1111 1111 1111'],
  ['project_id:p%%', '0000 0000 0000 0000'],
  ['project_id:p2', '0000 1111 0000 0000'],
  ['project-id:p2', '0000 0000 0000 0000'],
  ['project_id:%(nope)s', '0000 0000 0000 0000'],
  ['not project_id:%(nope)s', '1111 1111 1111 1111'],
  ["'':", '1111 1111 1111 1111'],
  ['role:admin or (role:member and project_id:%(project_id)s)', '1111 1100 0000 0000'],
  [
    "role:admin or (role:reader and (project_id:%(project_id)s or project_id:%(member_id)s or 'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s))",
    '1111 1110 1010 0000',
  ],
  ['role:admin or (role:member and project_id:%(member_id)s)', '1111 0000 0000 0000'],
  [
    'role:admin or (role:member and project_id:%(project_id)s and project_id:%(owner)s)',
    '1111 1100 0000 0000',
  ],
];

/** The older form, which stands in files alone. */
const LISTS: readonly (readonly [unknown, string])[] = [
  [[], '1111 1111 1111 1111'],
  [[[]], '0000 0000 0000 0000'],
  [[['role:admin']], '1111 0000 0000 0000'],
  [[['role:admin'], ['role:member']], '1111 1111 0000 0000'],
  [[['role:member', 'rule:owner'], ['role:admin']], '1111 1100 0000 0000'],
  [['role:admin', 'role:reader'], '1111 1111 1111 0000'],
  [[['rule:public', 'role:reader'], []], '0000 1000 1000 0000'],
  [['@'], '1111 1111 1111 1111'],
  [['!'], '0000 0000 0000 0000'],
  [[['@', '!']], '0000 0000 0000 0000'],
];

function verdicts(policy: Policy): string {
  return CALLERS.map((caller) =>
    TARGETS.map((target) => (policy.allowsRule('it', caller, target) ? '1' : '0')).join(''),
  ).join(' ');
}

describe('policy rules beside oslo.policy', () => {
  for (const [rule, expected] of TEXTS)
    it(`answers the same: ${rule}`, async () => {
      assert.equal(verdicts(Policy.of({ ...NAMED, it: rule })), expected);
      const file = await parsePolicy(JSON.stringify({ ...NAMED, it: rule }), 'json');
      assert.equal(verdicts(file), expected);
    });

  for (const [rule, expected] of LISTS)
    it(`answers the same: ${JSON.stringify(rule)}`, async () => {
      const text = JSON.stringify({ ...NAMED, it: rule });
      assert.equal(verdicts(await parsePolicy(text, 'json')), expected);
      assert.equal(verdicts(await parsePolicy(text, 'yaml')), expected);
    });
});
