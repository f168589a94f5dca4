import type { Caller } from '../identity.js';
import type { PolicyTarget } from './policy-target.js';
import type { Template } from './template.js';

/** A rule written as code. It must return a boolean: anything else, a promise too, is an error. */
export type PolicyFunction = (caller: Caller, target: PolicyTarget) => boolean;

/** A rule that has been read. */
export type Check =
  | { readonly kind: 'always' }
  | { readonly kind: 'never' }
  | { readonly kind: 'not'; readonly check: Check }
  | { readonly kind: 'and' | 'or'; readonly checks: readonly Check[] }
  /** Another rule, by name. */
  | { readonly kind: 'rule'; readonly name: string }
  /** The caller has this role. */
  | { readonly kind: 'role'; readonly role: Template }
  /** A constant equals the right side. */
  | { readonly kind: 'literal'; readonly left: string; readonly right: Template }
  /** Something known of the caller equals the right side. */
  | { readonly kind: 'credential'; readonly path: readonly string[]; readonly right: Template }
  | { readonly kind: 'code'; readonly test: PolicyFunction };
