import type { Action } from './actions.js';
import type { Check, PolicyFunction } from './check.js';
import { parseCheck } from './parse-check.js';

/**
 * A rule: code; text in the language of oslo.policy; or a list of role names in any case, any of which will do,
 * with `['@']` for everyone and `['!']` for nobody.
 */
export type PolicyRule = PolicyFunction | string | readonly string[];

/** Rules by action, and rules of other names that texts use as `rule:NAME`. */
export type PolicyRules = Readonly<Partial<Record<Action, PolicyRule | undefined>>> &
  Readonly<Record<string, PolicyRule | undefined>>;

/**
 * Reads rules; those that are undefined are left out.
 * @throws TypeError that names the rule, and the position in a text
 */
export function checksOf(rules: PolicyRules): Map<string, Check> {
  const checks = new Map<string, Check>();
  for (const [name, rule] of Object.entries(rules)) {
    if (rule === undefined) continue;
    checks.set(
      name,
      tellingWhere(`policy rule ${name}`, () => checkOf(rule)),
    );
  }
  return checks;
}

/** Does the work; a TypeError of it gets told where it happened. */
export function tellingWhere<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TypeError(`${where}: ${error.message}`, { cause: error });
  }
}

function checkOf(rule: unknown): Check {
  if (typeof rule === 'function') return { kind: 'code', test: rule as PolicyFunction };
  if (typeof rule === 'string') return parseCheck(rule);
  if (!Array.isArray(rule)) throw new TypeError('a function, a string or a list of role names is needed');
  return rolesCheck(rule as readonly unknown[]);
}

function rolesCheck(roles: readonly unknown[]): Check {
  if (roles.length === 0) throw new TypeError("an empty list: ['@'] is everyone, ['!'] nobody");
  if (roles.length > 1 && (roles.includes('@') || roles.includes('!')))
    throw new TypeError('@ (everyone) and ! (nobody) stand alone in a list');
  const checks = roles.map((role): Check => {
    if (typeof role !== 'string' || role.trim() === '')
      throw new TypeError('a role name must be a string that is not blank');
    if (role === '@') return { kind: 'always' };
    if (role === '!') return { kind: 'never' };
    if (/^(role|rule):/.test(role))
      throw new TypeError(
        `"${role}" in a list of role names: give the bare name, or a string instead of the list`,
      );
    return { kind: 'role', role: [role] };
  });
  return { kind: 'or', checks };
}
