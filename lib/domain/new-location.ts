import type { ValidationData } from './validation-data.js';

/** Where data lies elsewhere, as a client says it. */
export interface NewLocation {
  /** An address that the option `sources` allows. */
  readonly url: string;
  /** Any JSON object; `store` in it is the registry's to say. Default `{}`. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** What is known of the data there. */
  readonly validation?: ValidationData | undefined;
}

/** A change of the places where an image's data lies. */
export type LocationChange =
  | { readonly op: 'add'; readonly at: Position; readonly location: NewLocation }
  | { readonly op: 'replace'; readonly locations: readonly NewLocation[] }
  | { readonly op: 'remove'; readonly at: Position };

/** 0 is the first place; `end` the one behind the last, or, to remove, the last. */
export type Position = number | 'end';
