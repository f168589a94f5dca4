import type { Caller } from '../identity.js';
import type { Check, PolicyFunction } from './check.js';
import { credentialsOf } from './credentials.js';
import type { PolicyTarget } from './policy-target.js';
import { pythonText } from './python-text.js';
import { fillTemplate, needsTarget, type Template, valueAt } from './template.js';

/** The verdict of a rule; null: it depends on the target, which is not known. */
export type Verdict = boolean | null;

/** What an action is done to, or what tells it: most rules do not look at it. */
export type LazyTarget = PolicyTarget | (() => PolicyTarget);

/** One question: may this caller do this to that target? */
export class Evaluation {
  readonly #checks: ReadonlyMap<string, Check>;
  readonly #caller: Caller;
  readonly #target: LazyTarget | null;
  /** Rules already answered: rules that use others twice would else cost twice as much at each step. */
  readonly #verdicts = new Map<string, Verdict>();

  /** @param target null: it is not known yet; then only what does not depend on it has a verdict */
  constructor(checks: ReadonlyMap<string, Check>, caller: Caller, target: LazyTarget | null) {
    this.#checks = checks;
    this.#caller = caller;
    this.#target = target;
  }

  /**
   * The verdict of a rule; false when there is none of that name.
   * @throws TypeError when a rule written as code does not return a boolean; whatever that code throws
   */
  rule(name: string): Verdict {
    const known = this.#verdicts.get(name);
    if (known !== undefined) return known;
    const check = this.#checks.get(name);
    const verdict = check === undefined ? false : this.#holds(check);
    this.#verdicts.set(name, verdict);
    return verdict;
  }

  #holds(check: Check): Verdict {
    switch (check.kind) {
      case 'always':
        return true;
      case 'never':
        return false;
      case 'not': {
        const verdict = this.#holds(check.check);
        return verdict === null ? null : !verdict;
      }
      case 'and':
        return this.#firstOf(check.checks, false);
      case 'or':
        return this.#firstOf(check.checks, true);
      case 'rule':
        return this.rule(check.name);
      case 'role':
        return this.#compare(check.role, (wanted) =>
          this.#caller.roles.some((own) => own.toLowerCase() === wanted.toLowerCase()),
        );
      case 'literal':
        return this.#compare(check.right, (wanted) => check.left === wanted);
      case 'credential':
        return this.#compare(check.right, (wanted) => this.#hasCredential(check.path, wanted));
      case 'code':
        return this.#target === null
          ? unseenVerdict(check.test, this.#caller)
          : booleanOf(check.test(this.#caller, known(this.#target)));
    }
  }

  /** Whether any of the checks has that verdict, which then is the verdict of all. */
  #firstOf(checks: readonly Check[], decisive: boolean): Verdict {
    let verdict: Verdict = !decisive;
    for (const check of checks) {
      const one = this.#holds(check);
      if (one === decisive) return decisive;
      verdict = one === null ? null : verdict;
    }
    return verdict;
  }

  #compare(right: Template, holds: (wanted: string) => boolean): Verdict {
    const looks = needsTarget(right);
    if (this.#target === null && looks) return null;
    const wanted = fillTemplate(right, looks ? known(this.#target ?? {}) : {});
    return wanted !== null && holds(wanted);
  }

  #hasCredential(path: readonly string[], wanted: string): boolean {
    const own = valueAt(credentialsOf(this.#caller), path);
    const values: readonly unknown[] = Array.isArray(own) ? own : [own];
    return values.some((value) => pythonText(value) === wanted);
  }
}

function known(target: LazyTarget): PolicyTarget {
  return typeof target === 'function' ? target() : target;
}

/** What code says before the target is known; null as soon as it looks at the target. */
function unseenVerdict(test: PolicyFunction, caller: Caller): Verdict {
  const seen = { target: false };
  const look = (): undefined => {
    seen.target = true;
    return undefined;
  };
  const unknown: PolicyTarget = new Proxy(
    {},
    {
      get: look,
      has: () => {
        look();
        return false;
      },
      ownKeys: () => {
        look();
        return [];
      },
      getOwnPropertyDescriptor: look,
    },
  );
  try {
    const verdict: unknown = test(caller, unknown);
    return seen.target ? null : booleanOf(verdict);
  } catch (error) {
    if (seen.target) return null;
    throw error;
  }
}

function booleanOf(verdict: unknown): boolean {
  if (typeof verdict !== 'boolean')
    throw new TypeError(`A policy function returned ${typeof verdict} instead of a boolean.`);
  return verdict;
}
