import type { Caller } from './identity.js';
import { type Action, ACTIONS } from './policy/actions.js';
import type { Check } from './policy/check.js';
import { Evaluation, type LazyTarget } from './policy/evaluate.js';
import { linkChecks } from './policy/link-checks.js';
import { checksOf, type PolicyRules } from './policy/policy-rules.js';
import type { PolicyTarget } from './policy/policy-target.js';
import { type PolicyPreset, PRESETS } from './policy/presets.js';

/** Who may do what. It only narrows: who owns and who sees an image is asked elsewhere as well. */
export class Policy {
  readonly #checks: ReadonlyMap<string, Check>;

  /**
   * @param named checks by action or other name
   * @param preset holds for actions without a check. A check named `default` comes before the preset `owner`, but not before another, which
   * was asked for
   * @throws TypeError for a reference to a rule that is not there, and for rules that refer to each other in a circle
   */
  constructor(named: ReadonlyMap<string, Check>, preset: PolicyPreset = 'owner') {
    const checks = new Map([...checksOf(PRESETS[preset]), ...named]);
    if (preset === 'owner' && named.has('default'))
      for (const action of ACTIONS)
        if (!named.has(action)) checks.set(action, { kind: 'rule', name: 'default' });
    linkChecks(checks);
    this.#checks = checks;
  }

  /**
   * A policy from rules in code. Default: no rules, so that those of the preset hold.
   * @throws TypeError that names the rule that is wrong
   */
  static of(rules: PolicyRules = {}, preset?: PolicyPreset): Policy {
    return new Policy(checksOf(rules), preset);
  }

  /**
   * Whether the caller may do this.
   * @param target the image; null where there is none yet (add_image, get_images): then it is the caller's own project
   * @throws only what a rule written as code throws, and TypeError when that returns no boolean
   */
  allows(action: Action, caller: Caller, target: LazyTarget | null): boolean {
    return this.allowsRule(action, caller, target);
  }

  /**
   * Whether the caller may do this to any image at all, asked before one is looked up.
   * @returns null when that depends on the image
   */
  allowsUnseen(action: Action, caller: Caller): boolean | null {
    return new Evaluation(this.#checks, caller, null).rule(action);
  }

  /** As `allows`, for a rule of any name; false when there is no such rule. */
  allowsRule(name: string, caller: Caller, target: LazyTarget | null): boolean {
    return new Evaluation(this.#checks, caller, target ?? ownProject(caller)).rule(name) === true;
  }

  /** Whether there is a rule of that name; all actions have one. */
  hasRule(name: string): boolean {
    return this.#checks.has(name);
  }
}

/** As the reference does where there is no image, so that rules like `project_id:%(owner)s` hold for one's own. */
function ownProject({ project }: Caller): PolicyTarget {
  return { owner: project, project_id: project, tenant: project, tenant_id: project };
}
