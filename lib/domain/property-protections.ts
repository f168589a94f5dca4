import type { Caller } from './identity.js';
import type { Policy } from './policy.js';
import { foldedKey } from './property-keys.js';
import { tellingWhere } from './policy/policy-rules.js';
import {
  type CompiledProtection,
  compileProtection,
  type Operation,
  type ProtectionRule,
} from './property-protections-rule.js';

/** Keys that begin so belong to the registry itself. */
const RESERVED = /^\^?os_glance/;

/** Who may create, read, update and delete which properties: the first rule whose pattern is found in the key decides. */
export class PropertyProtections {
  /** No protections: everyone may do everything. */
  static readonly none = new PropertyProtections(null);

  /** Patterns of rules for `os_glance…` that were left out, because those keys belong to the registry. */
  readonly ignored: readonly string[];
  readonly #rules: readonly CompiledProtection[] | null;

  private constructor(rules: readonly CompiledProtection[] | null, ignored: readonly string[] = []) {
    this.#rules = rules;
    this.ignored = ignored;
  }

  /**
   * Protections by rules, in their order; all in role form or all in policy form. A key that no rule matches is forbidden.
   * @param policy needed for rules in policy form
   * @throws TypeError that names the rule's pattern; for an empty list too, which would forbid every property by accident
   */
  static of(rules: readonly ProtectionRule[], policy?: Policy): PropertyProtections {
    const own = rules.filter(({ pattern }) => !RESERVED.test(pattern));
    const forms = new Set(
      own.flatMap((rule) => [rule.create, rule.read, rule.update, rule.delete].map((who) => typeof who)),
    );
    if (own.length === 0)
      throw new TypeError('property protections without rules: leave them out, or add a rule for .*');
    const compiled = own.map((rule) =>
      tellingWhere(`property protection [${rule.pattern}]`, () => compileProtection(rule, policy)),
    );
    if (forms.size > 1)
      throw new TypeError(
        'property protections: all rules list roles, or all name policy rules, not some each',
      );
    return new PropertyProtections(
      [internal(), ...compiled],
      rules.filter((rule) => !own.includes(rule)).map(({ pattern }) => pattern),
    );
  }

  /**
   * Whether the caller may do that to a property of that key. An admin may no more than the rules say. A key that v1 would write in another
   * way must be allowed in that spelling, too, where a rule is about it: else `Billing_x` would pass for `billing_x`.
   */
  allows(operation: Operation, key: string, caller: Caller): boolean {
    if (this.#rules === null) return true;
    const verdict = (spelling: string): boolean | undefined =>
      this.#rules?.find(({ matches }) => matches(spelling))?.[operation](caller);
    const folded = foldedKey(key);
    return (verdict(key) ?? false) && (folded === key || (verdict(folded) ?? true));
  }
}

/** As in the reference, no operator's rule reaches the registry's own keys; that clients do not set them is seen to elsewhere. */
function internal(): CompiledProtection {
  const anyone = ['@'];
  return compileProtection({
    pattern: '^os_glance',
    create: anyone,
    read: anyone,
    update: anyone,
    delete: anyone,
  });
}
