import type { Caller } from '../identity.js';
import type { Check } from './check.js';
import { credentialsOf } from './credentials.js';
import type { PolicyTarget } from './policy-target.js';
import { pythonText } from './python-text.js';
import { fillTemplate, type Template, valueAt } from './template.js';

/** One question: may this caller do this to that target? */
export class Evaluation {
  readonly #checks: ReadonlyMap<string, Check>;
  readonly #caller: Caller;
  readonly #target: PolicyTarget;
  /** Rules already answered: rules that use others twice would else cost twice as much at each step. */
  readonly #verdicts = new Map<string, boolean>();

  constructor(checks: ReadonlyMap<string, Check>, caller: Caller, target: PolicyTarget) {
    this.#checks = checks;
    this.#caller = caller;
    this.#target = target;
  }

  /**
   * The verdict of a rule; false when there is none of that name.
   * @throws TypeError when a rule written as code does not return a boolean; whatever that code throws
   */
  rule(name: string): boolean {
    const known = this.#verdicts.get(name);
    if (known !== undefined) return known;
    const check = this.#checks.get(name);
    const verdict = check !== undefined && this.#holds(check);
    this.#verdicts.set(name, verdict);
    return verdict;
  }

  #holds(check: Check): boolean {
    switch (check.kind) {
      case 'always':
        return true;
      case 'never':
        return false;
      case 'not':
        return !this.#holds(check.check);
      case 'and':
        return check.checks.every((part) => this.#holds(part));
      case 'or':
        return check.checks.some((part) => this.#holds(part));
      case 'rule':
        return this.rule(check.name);
      case 'role':
        return this.#hasRole(check.role);
      case 'literal':
        return check.left === fillTemplate(check.right, this.#target);
      case 'credential':
        return this.#hasCredential(check.path, check.right);
      case 'code': {
        const verdict: unknown = check.test(this.#caller, this.#target);
        if (typeof verdict !== 'boolean')
          throw new TypeError(`A policy function returned ${typeof verdict} in place of a boolean.`);
        return verdict;
      }
    }
  }

  #hasRole(role: Template): boolean {
    const wanted = fillTemplate(role, this.#target)?.toLowerCase();
    return wanted !== undefined && this.#caller.roles.some((own) => own.toLowerCase() === wanted);
  }

  #hasCredential(path: readonly string[], right: Template): boolean {
    const wanted = fillTemplate(right, this.#target);
    if (wanted === null) return false;
    const own = valueAt(credentialsOf(this.#caller), path);
    const values: readonly unknown[] = Array.isArray(own) ? own : [own];
    return values.some((value) => pythonText(value) === wanted);
  }
}
