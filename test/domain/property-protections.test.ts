import assert from 'node:assert/strict';
import { isRegistryError } from '../../lib/errors.js';
import { callerOf, type Caller } from '../../lib/domain/identity.js';
import { Policy } from '../../lib/domain/policy.js';
import { checkPropertyChange, readable } from '../../lib/domain/property-protections-change.js';
import { PropertyProtections } from '../../lib/domain/property-protections.js';
import type { ProtectionRule } from '../../lib/domain/property-protections-rule.js';

const ADMIN = callerOf({ user: 'root', project: 'ops', roles: ['Admin'] });
const MEMBER = callerOf({ user: 'ann', project: 'blue', roles: ['member'] });

function rule(
  pattern: string,
  create: string,
  read = create,
  update = create,
  remove = create,
): ProtectionRule {
  const roles = (text: string): string[] => text.split(' ').filter((role) => role !== '');
  return { pattern, create: roles(create), read: roles(read), update: roles(update), delete: roles(remove) };
}

const PROTECTIONS = PropertyProtections.of([
  rule('^x_hidden', 'admin', 'admin'),
  rule('^x_fixed', 'MEMBER', 'member admin', 'admin', 'admin'),
  rule('^x_writeonly', '@', '!', '@', '@'),
  rule('^x_nobody', ''),
  rule('^x_own', '@'),
]);

const BEFORE = { x_hidden: 'h', x_fixed: 'f', x_writeonly: 'w', x_own: 'o' };

function change(named: Record<string, string | null>, purge: boolean, caller = MEMBER, before = BEFORE) {
  return changedBy(PROTECTIONS, caller, before, named, purge);
}

function changedBy(
  protections: PropertyProtections,
  caller: Caller,
  before: Readonly<Record<string, string | null>>,
  named: Readonly<Record<string, string | null>>,
  purge: boolean,
  { removed = [], sameValueIsFree = true }: { removed?: readonly string[]; sameValueIsFree?: boolean } = {},
) {
  return checkPropertyChange(protections, caller, before, { named, purge, removed, sameValueIsFree });
}

function refused(key: string): (error: unknown) => boolean {
  return (error) =>
    isRegistryError(error, 'forbidden') && error.message === `Property '${key}' is protected.`;
}

describe('PropertyProtections', () => {
  it('allow everything where there are none', () => {
    assert.ok(PropertyProtections.none.allows('delete', 'anything', MEMBER));
    assert.deepEqual(readable(PropertyProtections.none, MEMBER, BEFORE), BEFORE);
  });

  it('are decided by the first pattern found in the key, though a later one would allow', () => {
    const both = PropertyProtections.of([rule('y', '!'), rule('x', '@')]);
    assert.ok(both.allows('read', 'axb', MEMBER));
    assert.ok(!both.allows('read', 'axby', MEMBER));
    assert.ok(!both.allows('read', 'axby', ADMIN));
  });

  it('hold for every spelling that v1 takes for the same key', () => {
    const all = PropertyProtections.of([rule('^billing_', 'billing', '@'), rule('.*', '@')]);
    for (const key of ['billing_x', 'Billing_x', 'BILLING-X', 'billing-x']) {
      assert.ok(!all.allows('create', key, MEMBER), key);
      assert.ok(all.allows('read', key, MEMBER), key);
    }
    assert.ok(all.allows('create', 'Other-x', MEMBER));
    // A rule about one spelling alone stays one.
    const upper = PropertyProtections.of([rule('^Upper', '@')]);
    assert.ok(upper.allows('create', 'Upper', MEMBER));
    assert.ok(!upper.allows('create', 'upper', MEMBER));
  });

  it('forbid what no pattern is found in, to admins too', () => {
    assert.ok(!PROTECTIONS.allows('read', 'other', ADMIN));
    assert.ok(!PROTECTIONS.allows('read', 'x_nobody', ADMIN));
    assert.ok(!PROTECTIONS.allows('create', 'x_fixed', ADMIN));
    assert.ok(PROTECTIONS.allows('create', 'x_fixed', MEMBER));
  });

  it('leave the keys of the registry to itself', () => {
    const own = PropertyProtections.of([rule('^os_glance_x', '!'), rule('os_glance', '!'), rule('.*', '!')]);
    assert.deepEqual(own.ignored, ['^os_glance_x', 'os_glance']);
    assert.ok(own.allows('update', 'os_glance_stage_host', MEMBER));
    assert.ok(!own.allows('update', 'x_os_glance', MEMBER));
  });

  it('ask the policy in policy form, about the caller alone', () => {
    const policy = Policy.of({ default: ['member'], owner: 'project_id:%(owner)s', boss: ['admin'] });
    const protections = PropertyProtections.of(
      [{ pattern: '.*', create: 'default', read: '@', update: 'owner', delete: '' }],
      policy,
    );
    assert.ok(protections.allows('create', 'a', MEMBER));
    assert.ok(!protections.allows('create', 'a', ADMIN));
    assert.ok(protections.allows('read', 'a', ADMIN));
    assert.ok(!protections.allows('update', 'a', MEMBER));
    assert.ok(!protections.allows('delete', 'a', ADMIN));
  });

  for (const [what, rules, message] of [
    ['@ with !', [rule('a', '@', 'member @ !')], /\[a\]: read: @ \(everyone\) and !/],
    ['a bad pattern', [rule('(a', '@')], /\[\(a\]: not a regular expression/],
    ['a slow pattern', [rule('(a+)+', '@')], /\[\(a\+\)\+\]: .*slow/],
    [
      'a policy that is not there',
      [{ ...rule('a', '@'), create: 'x', read: 'x', update: 'x', delete: 'x' }],
      /\[a\]: create: the policy has no rule "x"/,
    ],
    [
      'two policies',
      [{ pattern: 'a', create: 'a,b', read: '@', update: '@', delete: '@' }],
      /one policy rule/,
    ],
    [
      'both forms',
      [rule('a', '@'), { pattern: 'b', create: '@', read: '@', update: '@', delete: '@' }],
      /all rules list roles/,
    ],
    [
      'a missing operation',
      [{ pattern: 'a', create: ['@'], read: ['@'], update: ['@'] }],
      /\[a\]: delete is missing/,
    ],
    ['a role that is no text', [{ ...rule('a', '@'), read: [5] }], /read: 5 is not a role/],
    ['roles in one text', [{ ...rule('a', '@'), read: ['a,b'] }], /read: "a,b" is not a role/],
    ['no rules', [], /without rules/],
    ['reserved rules alone', [rule('^os_glance', '@')], /without rules/],
  ] as const)
    it(`refuse ${what} at start`, () => {
      const rules_ = rules as unknown as readonly ProtectionRule[];
      assert.throws(() => PropertyProtections.of(rules_, Policy.of()), { name: 'TypeError', message });
    });
});

describe('readable', () => {
  it('leaves out what the caller may not read', () => {
    assert.deepEqual(readable(PROTECTIONS, MEMBER, BEFORE), { x_fixed: 'f', x_own: 'o' });
    assert.deepEqual(readable(PROTECTIONS, ADMIN, BEFORE), { x_hidden: 'h', x_fixed: 'f', x_own: 'o' });
  });

  it('keeps keys that objects know', () => {
    const own = JSON.parse('{"__proto__": "a", "constructor": "b"}') as Record<string, string>;
    const protections = PropertyProtections.of([rule('.*', '@')]);
    assert.deepEqual(Object.entries(readable(protections, MEMBER, own)), Object.entries(own));
    const named = JSON.parse('{"__proto__": "a"}') as Record<string, string>;
    const changed = changedBy(protections, MEMBER, {}, named, true);
    assert.deepEqual(Object.entries(changed), [['__proto__', 'a']]);
  });
});

describe('checkPropertyChange', () => {
  it('asks create for a new property', () => {
    assert.deepEqual(change({ x_fixed: '1', x_writeonly: '2' }, true, MEMBER, {} as typeof BEFORE), {
      x_fixed: '1',
      x_writeonly: '2',
    });
    for (const key of ['x_hidden2', 'x_nobody', 'other', 'constructor'])
      assert.throws(() => change({ x_own: '1', [key]: '1' }, false), refused(key));
    assert.throws(() => change({ x_fixed: '1' }, false, ADMIN, {} as typeof BEFORE), refused('x_fixed'));
  });

  it('asks read and update for one that is there, update only when it changes', () => {
    assert.deepEqual(change({ x_fixed: 'f', x_own: '2' }, false), { ...BEFORE, x_own: '2' });
    assert.throws(() => change({ x_fixed: '2' }, false), refused('x_fixed'));
    assert.deepEqual(change({ x_fixed: '2' }, false, ADMIN), { ...BEFORE, x_fixed: '2' });
    for (const value of ['2', 'w'])
      assert.throws(() => change({ x_writeonly: value }, false), refused('x_writeonly'));
    for (const value of ['2', 'h'])
      assert.throws(() => change({ x_hidden: value }, false), refused('x_hidden'));
  });

  it('keeps in a purge what the caller may not read, and refuses to purge what he may read and not delete', () => {
    assert.deepEqual(change({ x_fixed: 'f' }, true), { x_hidden: 'h', x_fixed: 'f', x_writeonly: 'w' });
    assert.throws(() => change({}, true), refused('x_fixed'));
    assert.deepEqual(change({}, true, ADMIN), { x_writeonly: 'w' });
  });

  it('changes nothing that it is given', () => {
    const before = Object.freeze({ ...BEFORE });
    const named = Object.freeze({ x_own: null });
    assert.deepEqual(changedBy(PROTECTIONS, MEMBER, before, named, false), { ...BEFORE, x_own: null });
  });

  it('keeps the keys of the registry itself from clients, protected or not', () => {
    const { none } = PropertyProtections;
    const before = { os_glance_stage: 'x' };
    const set = (value: string): unknown => changedBy(none, ADMIN, before, { os_glance_stage: value }, false);
    assert.throws(() => set('y'), refused('os_glance_stage'));
    assert.deepEqual(set('x'), before);
    for (const key of ['os_glance_new', 'OS-Glance_new'])
      assert.throws(() => changedBy(none, ADMIN, {}, { [key]: 'y' }, true), refused(key));
  });

  it('removes what the caller may delete, and leaves alone what he may not read', () => {
    const removed = ['x_own', 'x_hidden', 'not_there'];
    assert.deepEqual(changedBy(PROTECTIONS, MEMBER, BEFORE, {}, false, { removed }), {
      x_hidden: 'h',
      x_fixed: 'f',
      x_writeonly: 'w',
    });
    assert.throws(
      () => changedBy(PROTECTIONS, MEMBER, BEFORE, {}, false, { removed: ['x_fixed'] }),
      refused('x_fixed'),
    );
  });

  it('asks update for the same value, too, where that is not free', () => {
    const options = { sameValueIsFree: false };
    const same = { x_fixed: 'f' };
    assert.throws(() => changedBy(PROTECTIONS, MEMBER, BEFORE, same, false, options), refused('x_fixed'));
    assert.deepEqual(changedBy(PROTECTIONS, ADMIN, BEFORE, same, false, options), BEFORE);
  });
});
