import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { callerOf } from '../../lib/domain/identity.js';
import { Policy } from '../../lib/domain/policy.js';
import { ACTIONS } from '../../lib/domain/policy/actions.js';
import { parsePolicy } from '../../lib/domain/policy/parse-policy.js';
import { PRESETS } from '../../lib/domain/policy/presets.js';
import { policyTarget } from '../../lib/domain/policy/policy-target.js';
import { parseProtections } from '../../lib/domain/property-protections-file.js';
import { PropertyProtections } from '../../lib/domain/property-protections.js';
import { sampleImage } from '../support/mounts/sample-images.js';

const guide = readFileSync(new URL('../../docs/access-policy.md', import.meta.url), 'utf8');

/** The only fenced block of the guide with this info string. */
function block(info: string): string {
  const blocks = guide.split(`\`\`\`${info}\n`).slice(1);
  assert.equal(blocks.length, 1, info);
  return blocks[0]!.split('```')[0]!;
}

/** The policy that the only block of this kind makes. */
async function policyIn(info: string): Promise<Policy> {
  const folder = await mkdtemp(path.join(tmpdir(), 'policy-guide-'));
  const file = path.join(folder, 'policy.mts');
  const from = (name: string): string =>
    JSON.stringify(new URL(`../../lib/domain/${name}.ts`, import.meta.url).href);
  await writeFile(
    file,
    `import { Policy } from ${from('policy')};
import { PRESETS as POLICY_PRESETS } from ${from('policy/presets')};
${block(info)}export { policy };
`,
  );
  const { policy } = (await import(pathToFileURL(file).href)) as { policy: Policy };
  await rm(folder, { recursive: true });
  return policy;
}

const STAFF = callerOf({ user: 'ann', project: 'blue', roles: ['staff', 'member'] });
const CURATOR = callerOf({ user: 'carl', project: 'red', roles: ['Image_Curator'] });
const own = policyTarget(sampleImage(1, { owner: 'blue', visibility: 'shared' }));
const published = policyTarget(sampleImage(2, { owner: 'blue', visibility: 'public' }));

describe('the guide to policy and property protections', () => {
  it('names every action', () => {
    for (const action of ACTIONS) assert.ok(guide.includes(`\`${action}\``), action);
  });

  it('has a table that says what the presets say', () => {
    const words = new Map([
      ['everyone', '@'],
      ['readers', 'rule:preset:reader'],
      ['members', 'rule:preset:member'],
      ['writers', 'rule:preset:writer'],
      ['admins', 'rule:preset:admin'],
    ]);
    for (const action of ACTIONS) {
      const row = guide.split('\n').find((line) => line.startsWith(`| \`${action}\` |`));
      const [owner, secure] = row!.split(' | ').slice(3);
      assert.equal(words.get(owner!), PRESETS.owner[action], action);
      assert.equal(words.get(secure!.replace(' |', '')), PRESETS['secure-rbac'][action], action);
    }
  });

  it('has changes to a preset in code that work', async () => {
    const policy = await policyIn('ts preset');
    const member = callerOf({ user: 'ann', project: 'blue', roles: ['member'] });
    assert.ok(!policy.allows('delete_image', member, own));
    assert.ok(policy.allows('delete_image', callerOf({ ...member, roles: ['manager'] }), own));
    assert.ok(policy.allows('add_image', member, null));
    assert.ok(!policy.allows('add_image', callerOf({ ...member, roles: ['member', 'guest'] }), null));
  });

  it('has a YAML policy that does what its comments say', async () => {
    const policy = await parsePolicy(block('yaml policy'), 'yaml');
    assert.ok(policy.allows('delete_image', STAFF, own));
    assert.ok(!policy.allows('delete_image', STAFF, published));
    assert.ok(policy.allows('delete_image', CURATOR, published));
    assert.ok(policy.allows('publicize_image', CURATOR, published));
    assert.ok(!policy.allows('publicize_image', STAFF, own));
    assert.ok(policy.allows('add_image', STAFF, null));
    assert.ok(!policy.allows('add_image', CURATOR, null));
    assert.ok(!policy.allows('copy_from', STAFF, own));
  });

  it('has a JSON policy that works', async () => {
    const policy = await parsePolicy(block('json policy'), 'json');
    assert.ok(policy.allows('download_image', STAFF, own));
    assert.ok(!policy.allows('download_image', CURATOR, own));
  });

  it('has a policy in code that works', async () => {
    const policy = await policyIn('ts policy');
    assert.ok(policy.allows('delete_image', STAFF, own));
    assert.ok(!policy.allows('delete_image', CURATOR, own));
    assert.ok(policy.allows('publicize_image', CURATOR, own));
    assert.ok(policy.allows('download_image', STAFF, own));
    assert.ok(!policy.allows('download_image', callerOf({ ...STAFF, roles: ['suspended'] }), own));
  });

  it('has protections by role that do what their comments say', () => {
    const protections = PropertyProtections.of(parseProtections(block('ini protections roles'), 'roles'));
    const billing = callerOf({ ...STAFF, roles: ['Billing'] });
    assert.ok(protections.allows('read', 'billing_code', STAFF));
    assert.ok(!protections.allows('update', 'billing_code', STAFF));
    assert.ok(protections.allows('update', 'billing_code', billing));
    assert.ok(!protections.allows('read', 'internal_note', STAFF));
    assert.ok(protections.allows('create', 'origin', STAFF));
    assert.ok(!protections.allows('update', 'origin', STAFF));
    assert.ok(protections.allows('delete', 'colour', STAFF));
  });

  it('has protections by policy that work with its YAML policy', async () => {
    const policy = await parsePolicy(block('yaml policy'), 'yaml');
    const rules = parseProtections(block('ini protections policies'), 'policies');
    const protections = PropertyProtections.of(rules, policy);
    assert.ok(protections.allows('create', 'billing_code', CURATOR));
    assert.ok(!protections.allows('create', 'billing_code', STAFF));
  });
});
