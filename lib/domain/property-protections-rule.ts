import type { Policy } from './policy.js';
import type { Caller } from './identity.js';
import { compilePattern } from './property-protections-pattern.js';

export const OPERATIONS = ['create', 'read', 'update', 'delete'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Who may do each operation on the properties whose key the pattern is found in (searched, not anchored). */
export interface ProtectionRule<Who = readonly string[] | string> extends Readonly<Record<Operation, Who>> {
  /** A regular expression as Python reads it. */
  readonly pattern: string;
}

/** Rules that name roles, in any case; `@` is everyone, `!` nobody, an empty list nobody. */
export type RoleProtectionRule = ProtectionRule<readonly string[]>;

/** Rules that name one rule of the policy for each operation; `@` is everyone, `!` and the empty text nobody. */
export type PolicyProtectionRule = ProtectionRule<string>;

/** Whether a caller passes. */
export type Test = (caller: Caller) => boolean;

/** A rule ready for use. */
export type CompiledProtection = Readonly<Record<Operation, Test>> & {
  readonly matches: (key: string) => boolean;
};

const EVERYONE: Test = () => true;
const NOBODY: Test = () => false;

/**
 * Reads a rule.
 * @param policy holds what rules in policy form name
 * @throws TypeError for a bad pattern, `@` beside `!`, names that are no texts, and policies that are not there
 */
export function compileProtection(rule: ProtectionRule, policy?: Policy): CompiledProtection {
  const pattern = compilePattern(rule.pattern);
  const test = (operation: Operation): Test => {
    const who: unknown = rule[operation];
    if (typeof who === 'string') return policyTest(operation, who, policy);
    if (!Array.isArray(who))
      throw new TypeError(`${operation} is missing: a list of roles or the name of a policy rule is needed`);
    return rolesTest(operation, who as readonly unknown[]);
  };
  return {
    matches: (key) => pattern.test(key),
    create: test('create'),
    read: test('read'),
    update: test('update'),
    delete: test('delete'),
  };
}

function rolesTest(operation: Operation, who: readonly unknown[]): Test {
  const roles = new Set<string>();
  for (const role of who) {
    if (typeof role !== 'string' || role.trim() === '' || /[,\n]/.test(role))
      throw new TypeError(`${operation}: ${JSON.stringify(role)} is not a role name`);
    roles.add(role.trim().toLowerCase());
  }
  if (roles.has('@') && roles.has('!'))
    throw new TypeError(`${operation}: @ (everyone) and ! (nobody) exclude each other`);
  if (roles.has('!')) return NOBODY;
  if (roles.has('@')) return EVERYONE;
  return (caller) => caller.roles.some((role) => roles.has(role.toLowerCase()));
}

function policyTest(operation: Operation, name: string, policy: Policy | undefined): Test {
  if (name === '@') return EVERYONE;
  if (name === '!' || name === '') return NOBODY;
  if (name.includes(','))
    throw new TypeError(`${operation}: "${name}" must be one policy rule: combine several in the policy`);
  if (policy?.hasRule(name) !== true) throw new TypeError(`${operation}: the policy has no rule "${name}"`);
  // As in the reference the rule sees the caller alone, no image.
  return (caller) => policy.allowsRule(name, caller, {});
}
