import { nothing } from '../domain/filters.js';
import type { Caller } from '../domain/identity.js';
import type { Image } from '../domain/image.js';
import type { Policy } from '../domain/policy.js';
import type { Action } from '../domain/policy/actions.js';
import { policyTarget } from '../domain/policy/policy-target.js';
import { PropertyProtections } from '../domain/property-protections.js';
import {
  checkPropertyChange,
  readable,
  type Properties,
  type PropertyChange,
} from '../domain/property-protections-change.js';
import type { Filter } from '../domain/query.js';
import { RegistryError } from '../errors.js';

/** The operator's rules, in force once they are loaded. */
export interface AccessRules {
  readonly policy: Policy;
  readonly protections: PropertyProtections;
}

/** Asks the operator's rules. Who owns and who sees an image is asked before, by the rules of the API itself. */
export class AccessControl {
  #loaded: AccessRules | undefined;

  /** Puts rules in force; called before the first request. */
  use(rules: AccessRules): void {
    this.#loaded = rules;
  }

  /** Nothing is allowed, and nothing shown, before the operator's rules are known. */
  get #rules(): AccessRules {
    if (this.#loaded === undefined) throw new RegistryError('unavailable', 'the access rules are not loaded');
    return this.#loaded;
  }

  /**
   * Refuses what the policy does not allow.
   * @param image null when there is none yet
   * @param memberId the project whose membership it is about
   * @throws RegistryError `forbidden`
   */
  require(action: Action, caller: Caller, image: Image | null, memberId?: string): void {
    if (!this.allows(action, caller, image, memberId)) throw refusedBy(action);
  }

  /** As `require`, as an answer. */
  allows(action: Action, caller: Caller, image: Image | null, memberId?: string): boolean {
    const target = image === null ? null : () => policyTarget(image, memberId);
    return this.#rules.policy.allows(action, caller, target);
  }

  /**
   * Refuses what the policy allows the caller for no image at all, before one is looked up.
   * @throws RegistryError `forbidden`
   */
  requireUnseen(action: Action, caller: Caller): void {
    if (this.#rules.policy.allowsUnseen(action, caller) === false) throw refusedBy(action);
  }

  /** What a listing shows of what else there is: the images for which the policy allows that; null when that is all of them. */
  filterBy(action: Action, caller: Caller): Filter | null {
    const { policy } = this.#rules;
    const verdict = policy.allowsUnseen(action, caller);
    if (verdict !== null) return verdict ? null : nothing;
    return { test: (image) => policy.allows(action, caller, () => policyTarget(image)) };
  }

  /** Whether there are no rules for who may read properties. */
  get showsAllProperties(): boolean {
    return this.#rules.protections === PropertyProtections.none;
  }

  /** The properties that the caller may read. */
  readable(caller: Caller, properties: Properties): Properties {
    if (this.showsAllProperties) return properties;
    return readable(this.#rules.protections, caller, properties);
  }

  /** Whether the caller may read properties of that key. */
  canRead(caller: Caller, key: string): boolean {
    return this.#rules.protections.allows('read', key, caller);
  }

  /**
   * The properties of an image after a change.
   * @throws RegistryError `forbidden`
   */
  changed(caller: Caller, before: Properties, change: PropertyChange): Properties {
    return checkPropertyChange(this.#rules.protections, caller, before, change);
  }
}

function refusedBy(action: Action): RegistryError {
  return new RegistryError('forbidden', `The policy does not allow ${action}.`);
}
