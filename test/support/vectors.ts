import { readFileSync, readdirSync } from 'node:fs';

/** Recorded exchanges, run in order against an empty registry. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly name?: string;
  /** X-Auth-Token as `user:project:roles`; null: none. */
  readonly as?: string | null;
  readonly request: {
    readonly method: string;
    /** Below the mount; `${name}` is a value that an earlier step saved. */
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: Body | null;
    readonly chunked?: boolean;
  };
  /** Send again until this header has one of these values. */
  readonly poll?: { readonly header: string; readonly in: readonly string[] };
  /** Name of a variable to the path of a value in the JSON answer. */
  readonly save?: Readonly<Record<string, string>>;
  readonly reply: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly json?: unknown;
    readonly data?: { readonly length: number; readonly md5: string };
  };
}

export type Body =
  { readonly text: string } | { readonly json: unknown } | { readonly size: number; readonly repeat: string };

const FOLDER = new URL('../vectors/', import.meta.url);

/** All scenarios in test/vectors, by name. */
export function scenarios(): Scenario[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Scenario);
}
