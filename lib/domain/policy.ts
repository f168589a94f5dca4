import type { Caller } from './identity.js';
import { type Action, ACTIONS, defaultRule } from './policy/actions.js';
import type { Check } from './policy/check.js';
import { Evaluation } from './policy/evaluate.js';
import { linkChecks } from './policy/link-checks.js';
import { parseCheck } from './policy/parse-check.js';
import { checksOf, type PolicyRules } from './policy/policy-rules.js';
import type { PolicyTarget } from './policy/policy-target.js';

/** Who may do what. It only narrows: who owns and who sees an image is asked elsewhere as well. */
export class Policy {
  readonly #checks: ReadonlyMap<string, Check>;

  /**
   * @param named checks by action or other name; an action without one takes `default` where there is one, else the default of
   * this package: admins for publicize_image, deactivate and reactivate, everyone for all others
   * @throws TypeError for a reference to a rule that is not there, and for rules that refer to each other in a circle
   */
  constructor(named: ReadonlyMap<string, Check>) {
    const checks = new Map(named);
    for (const action of ACTIONS) {
      if (checks.has(action)) continue;
      const unnamed: Check = named.has('default')
        ? { kind: 'rule', name: 'default' }
        : parseCheck(defaultRule(action));
      checks.set(action, unnamed);
    }
    linkChecks(checks);
    this.#checks = checks;
  }

  /**
   * A policy from rules in code. Default: no rules, so that the defaults of all actions hold.
   * @throws TypeError that names the rule that is wrong
   */
  static of(rules: PolicyRules = {}): Policy {
    return new Policy(checksOf(rules));
  }

  /**
   * Whether the caller may do this.
   * @param target the image; null where there is none yet (add_image, get_images): then it is the caller's own project
   * @throws only what a rule written as code throws, and TypeError when that returns no boolean
   */
  allows(action: Action, caller: Caller, target: PolicyTarget | null): boolean {
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
  allowsRule(name: string, caller: Caller, target: PolicyTarget | null): boolean {
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
