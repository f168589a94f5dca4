import assert from 'node:assert/strict';
import { callerOf } from '../../lib/domain/identity.js';
import { Policy } from '../../lib/domain/policy.js';
import { ACTIONS, type Action } from '../../lib/domain/policy/actions.js';
import { parsePolicy } from '../../lib/domain/policy/parse-policy.js';

const READS: readonly Action[] = ['get_images', 'get_image', 'download_image', 'get_members', 'get_member'];
const FOR_ADMINS: readonly Action[] = [
  'publicize_image',
  'copy_image',
  'tasks_api_access',
  'stores_info_detail',
  'manage_image_cache',
];
/** What `secure-rbac` keeps to admins besides. */
const KEPT: Action = 'delete_image_location';
const CHANGES = ACTIONS.filter((action) => !READS.includes(action) && !FOR_ADMINS.includes(action));
const METADATA = READS.filter((action) => action !== 'download_image');

function allowed(policy: Policy, roles: readonly string[], admin?: boolean): Action[] {
  const caller = callerOf({ user: 'x', project: 'blue', roles, ...(admin === undefined ? {} : { admin }) });
  return ACTIONS.filter((action) => policy.allows(action, caller, null));
}

/** Without regard to order. */
const same = (have: readonly Action[], ...want: readonly (readonly Action[])[]): void =>
  assert.deepEqual([...have].sort(), want.flat().sort());

describe('the preset owner', () => {
  const policy = Policy.of({}, 'owner');

  it('is what holds without a preset', () => {
    for (const roles of [[], ['reader'], ['member'], ['admin']])
      assert.deepEqual(allowed(Policy.of(), roles), allowed(policy, roles));
  });

  it('lets those change who are more than readers, or whose roles it does not know', () => {
    for (const roles of [[], ['member'], ['manager'], ['service'], ['reader', 'Member'], ['creator']])
      same(allowed(policy, roles), READS, CHANGES);
  });

  it('lets a mere reader read', () => {
    for (const roles of [['reader'], ['READER'], ['reader', 'creator']]) same(allowed(policy, roles), READS);
  });

  it('lets admins do all, whether a role or the host app says that they are', () => {
    same(allowed(policy, ['admin']), ACTIONS);
    same(allowed(policy, ['reader'], true), ACTIONS);
  });
});

describe('the preset secure-rbac', () => {
  const policy = Policy.of({}, 'secure-rbac');

  it('lets nobody do anything without a role that it knows', () => {
    for (const roles of [[], ['service'], ['creator']]) assert.deepEqual(allowed(policy, roles), []);
  });

  it('lets readers read metadata, members change, managers no more', () => {
    same(allowed(policy, ['reader']), METADATA);
    for (const roles of [['member'], ['manager'], ['MEMBER', 'reader']])
      same(
        allowed(policy, roles),
        READS,
        CHANGES.filter((action) => action !== KEPT),
      );
  });

  it('lets admins do all, whether a role or the host app says that they are', () => {
    same(allowed(policy, ['admin']), ACTIONS);
    same(allowed(policy, [], true), ACTIONS);
  });

  it('changes rule by rule', () => {
    const changed = Policy.of({ delete_image: ['manager'] }, 'secure-rbac');
    same(
      allowed(changed, ['member']),
      READS,
      CHANGES.filter((action) => action !== 'delete_image' && action !== KEPT),
    );
    assert.ok(allowed(changed, ['manager']).includes('delete_image'));
  });

  it('stays in force beside a file with a rule called default', async () => {
    const file = await parsePolicy('default: ""\nadd_image: "role:uploader"\n', 'yaml', 'secure-rbac');
    assert.deepEqual(allowed(file, []), []);
    assert.deepEqual(allowed(file, ['uploader']), ['add_image']);
  });
});
