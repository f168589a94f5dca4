import type { Caller } from '../domain/identity.js';
import type { Image } from '../domain/image.js';
import type { Policy } from '../domain/policy.js';
import type { Action } from '../domain/policy/actions.js';
import { policyTarget } from '../domain/policy/policy-target.js';
import { PropertyProtections } from '../domain/property-protections.js';
import { checkPropertyChange, readable, type Properties } from '../domain/property-protections-change.js';
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
    const target = image === null ? null : policyTarget(image, memberId);
    if (!this.#rules.policy.allows(action, caller, target))
      throw new RegistryError('forbidden', `The policy does not allow ${action}.`);
  }

  /** The image without the properties that the caller may not read. */
  shown(caller: Caller, image: Image): Image {
    const { protections } = this.#rules;
    if (protections === PropertyProtections.none) return image;
    return { ...image, properties: readable(protections, caller, image.properties) };
  }

  /** Whether the caller may read properties of that key. */
  canRead(caller: Caller, key: string): boolean {
    return this.#rules.protections.allows('read', key, caller);
  }

  /**
   * The properties of an image after a change.
   * @throws RegistryError `forbidden`
   */
  changed(
    caller: Caller,
    before: Properties,
    named: ReadonlyMap<string, string | null>,
    purge: boolean,
  ): Properties {
    return checkPropertyChange(this.#rules.protections, caller, before, named, purge);
  }
}
