import assert from 'node:assert/strict';
import { callerOf } from '../../lib/domain/identity.js';
import { Policy } from '../../lib/domain/policy.js';
import { ACTIONS, type Action } from '../../lib/domain/policy/actions.js';
import type { PolicyFunction } from '../../lib/domain/policy/check.js';
import { parsePolicy } from '../../lib/domain/policy/parse-policy.js';
import type { PolicyRule, PolicyRules } from '../../lib/domain/policy/policy-rules.js';
import { policyTarget } from '../../lib/domain/policy/policy-target.js';
import { sampleImage } from '../support/mounts/sample-images.js';

const ADMIN = callerOf({ user: 'root', project: 'ops', roles: ['admin'] });
const MEMBER = callerOf({ user: 'ann', project: 'blue', roles: ['Member'] });
const image = (fields: Parameters<typeof sampleImage>[1] = {}): ReturnType<typeof sampleImage> =>
  sampleImage(1, { owner: 'blue', visibility: 'shared', ...fields });

function allowed(policy: Policy): Action[] {
  return ACTIONS.filter((action) => policy.allows(action, MEMBER, policyTarget(image())));
}

describe('Policy', () => {
  it('leaves publishing and what is about all projects to admins by default, all else to everyone', () => {
    const forAdmins: readonly Action[] = [
      'publicize_image',
      'copy_image',
      'tasks_api_access',
      'stores_info_detail',
      'manage_image_cache',
    ];
    assert.deepEqual(
      allowed(Policy.of()),
      ACTIONS.filter((action) => !forAdmins.includes(action)),
    );
    for (const action of ACTIONS) assert.ok(Policy.of().allows(action, ADMIN, null), action);
    const appointed = callerOf({ user: 'x', project: 'y', roles: [], admin: true });
    assert.ok(Policy.of().allows('publicize_image', appointed, null));
  });

  it('takes functions, role lists, texts and named rules in one object, and leaves it as it is', () => {
    const rules: PolicyRules = Object.freeze({
      context_is_admin: ['ADMIN'],
      delete_image: 'rule:context_is_admin or rule:own',
      own: (caller, target) => target.owner === caller.project,
      add_image: ['uploader', 'mEmBeR'],
      copy_from: ['!'],
      publicize_image: ['@'],
      get_image: undefined,
    } satisfies Record<string, PolicyFunction | string | string[] | undefined>);
    const policy = Policy.of(rules);
    assert.ok(policy.allows('delete_image', MEMBER, policyTarget(image())));
    assert.ok(!policy.allows('delete_image', MEMBER, policyTarget(image({ owner: 'red' }))));
    assert.ok(policy.allows('delete_image', ADMIN, policyTarget(image({ owner: 'red' }))));
    assert.ok(policy.allows('add_image', MEMBER, null));
    assert.ok(!policy.allows('add_image', callerOf({ ...MEMBER, roles: ['reader'] }), null));
    assert.ok(!policy.allows('copy_from', ADMIN, null));
    assert.ok(policy.allows('publicize_image', MEMBER, null));
    assert.ok(policy.allows('get_image', MEMBER, null));
    assert.ok(policy.hasRule('own') && policy.hasRule('get_members') && !policy.hasRule('other'));
    assert.ok(!policy.allowsRule('other', ADMIN, null));
  });

  it('uses the rule called default for actions that have none', async () => {
    const file = await parsePolicy('{"default": "role:nobody", "get_image": "@"}', 'json');
    assert.deepEqual(allowed(file), ['get_image']);
    assert.deepEqual(allowed(Policy.of({ default: ['nobody'], get_image: '' })), ['get_image']);
  });

  it('sees the own project where there is no image', () => {
    const policy = Policy.of({
      add_image: 'project_id:%(owner)s and tenant:%(project_id)s and not user_id:%(id)s',
    });
    assert.ok(policy.allows('add_image', MEMBER, null));
    assert.ok(!policy.allows('add_image', MEMBER, { owner: 'red', project_id: 'red' }));
  });

  it('finds fields by path, and no property in place of a field', () => {
    const policy = Policy.of({
      get_image: 'project_id:%(target.owner)s',
      get_member: 'project_id:%(member_id)s',
      modify_image: "'gold':%(properties.tier)s and 'gold':%(tier)s",
      delete_image: 'user_id:%(user_id)s',
    });
    const forged = image({
      owner: 'red',
      properties: { owner: 'blue', 'target.owner': 'blue', member_id: 'blue', user_id: 'ann', tier: 'gold' },
    });
    assert.ok(!policy.allows('get_image', MEMBER, policyTarget(forged)));
    assert.ok(policy.allows('get_image', MEMBER, policyTarget(image())));
    assert.ok(!policy.allows('get_member', MEMBER, policyTarget(forged)));
    assert.ok(policy.allows('get_member', MEMBER, policyTarget(forged, 'blue')));
    assert.ok(policy.allows('modify_image', MEMBER, policyTarget(forged)));
    assert.ok(!policy.allows('delete_image', MEMBER, policyTarget(forged)));
  });

  it('answers rules that use others twice without doing the work twice', () => {
    const rules: Record<string, string | PolicyFunction> = {};
    let calls = 0;
    rules.r0 = () => {
      calls += 1;
      return false;
    };
    for (let i = 1; i < 60; i++) rules[`r${i}`] = `rule:r${i - 1} or rule:r${i - 1}`;
    assert.ok(!Policy.of(rules).allowsRule('r59', MEMBER, null));
    assert.equal(calls, 1);
  });

  it('lets errors of functions through, and refuses answers that are no booleans', () => {
    const promising = (() => Promise.resolve(false)) as unknown as PolicyFunction;
    assert.throws(
      () => Policy.of({ get_image: promising }).allows('get_image', MEMBER, null),
      /object instead of a boolean/,
    );
    const broken = Policy.of({
      get_image: () => {
        throw new RangeError('broken');
      },
    });
    assert.throws(() => broken.allows('get_image', MEMBER, null), RangeError);
  });

  for (const [what, rules, message] of [
    ['a missing rule', { get_image: 'not (role:a and rule:gone)' }, /rule get_image refers to rule:gone/],
    ['a circle', { a: 'rule:b', b: '@ and not rule:c', c: 'rule:a' }, /circle: a -> b -> c -> a/],
    ['a rule of itself', { get_image: 'rule:get_image' }, /circle: get_image -> get_image/],
    ['a circle over default', { default: 'rule:add_image' }, /circle: default -> add_image -> default/],
    ['an empty list', { get_image: [] }, /rule get_image: an empty list/],
    ['@ beside others', { get_image: ['@', 'admin'] }, /stand alone/],
    ['a blank role', { get_image: [' '] }, /must be a string that is not blank/],
    ['a check as role', { get_image: ['role:admin'] }, /bare name/],
    ['a number', { get_image: 5 }, /rule get_image: a function, a string or a list/],
    ['null', { get_image: null }, /rule get_image: a function, a string or a list/],
    ['a number in a list', { get_image: [5] }, /must be a string that is not blank/],
  ] as const)
    it(`refuses ${what} at start`, () => {
      assert.throws(() => Policy.of(rules as unknown as PolicyRules), { name: 'TypeError', message });
    });

  it('refuses chains of rules that the stack might not bear', () => {
    const rules = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`r${i}`, `rule:r${i + 1}`]));
    assert.throws(
      () => Policy.of({ ...rules, r5000: '@' }),
      /more than 100 rules refer to each other in a chain/,
    );
  });

  it('tells before the image is known what does not depend on it', () => {
    const verdict = (rule: PolicyRule): boolean | null =>
      Policy.of({ delete_image: rule, staff: 'role:staff' }).allowsUnseen('delete_image', MEMBER);
    const code = {
      looks: ((_, { owner }) => owner === 'x') as PolicyRule,
      asks: ((_, target) => 'owner' in target) as PolicyRule,
      counts: ((_, target) => Object.keys(target).length > 0) as PolicyRule,
      fails: ((_, target) => {
        throw new Error(String(target.owner));
      }) as PolicyRule,
    };
    const cases: readonly (readonly [PolicyRule, boolean | null])[] = [
      ['@', true],
      ['!', false],
      ['role:member', true],
      ['rule:staff', false],
      ['is_admin:True', false],
      ['project_id:%(owner)s', null],
      ["'public':%(visibility)s", null],
      ['role:%(name)s', null],
      ['not project_id:%(owner)s', null],
      ['role:staff and project_id:%(owner)s', false],
      ['project_id:%(owner)s and role:staff', false],
      ['role:member and project_id:%(owner)s', null],
      ['role:member or project_id:%(owner)s', true],
      ['project_id:%(owner)s or role:staff', null],
      ['not (role:member or project_id:%(owner)s)', false],
      [['staff'], false],
      [() => false, false],
      [(caller) => caller.project === 'blue', true],
      [code.looks, null],
      [code.asks, null],
      [code.counts, null],
      [code.fails, null],
    ];
    for (const [rule, wanted] of cases) assert.equal(verdict(rule), wanted, String(rule));
    assert.throws(() => verdict((() => 'yes') as unknown as PolicyRule), TypeError);
  });
});
