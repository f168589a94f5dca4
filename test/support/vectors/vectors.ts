import { readFileSync, readdirSync } from 'node:fs';

/** Recorded exchanges, run in order against an empty registry. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** How the server was set up, when not as usual. */
  readonly server?: ScenarioServer;
  readonly steps: readonly Step[];
}

export interface ScenarioServer {
  readonly policy?: 'secure-rbac';
  readonly imageSizeCap?: number;
  readonly userStorageQuota?: string;
  readonly imagePropertyQuota?: number;
  readonly imageTagQuota?: number;
  readonly imageMemberQuota?: number;
  /** The text of a property protections file. */
  readonly propertyProtections?: string;
  readonly format?: 'roles' | 'policies';
  /** Kinds of stores by name. */
  readonly stores?: Readonly<Record<string, string>>;
  readonly defaultStore?: string;
  readonly locations?: boolean;
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
  /** Send again until this header, or each of these paths into the JSON answer, has one of these values; null: it is absent. */
  readonly poll?:
    | { readonly header: string; readonly in: readonly string[] }
    | { readonly json: Readonly<Record<string, readonly unknown[]>> };
  /** Name of a variable to the path of a value in the JSON answer. */
  readonly save?: Readonly<Record<string, string>>;
  readonly reply: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly json?: unknown;
    /** JSON whose objects may have further keys. */
    readonly part?: unknown;
    readonly data?: { readonly length: number; readonly md5: string };
  };
}

export type Body =
  { readonly text: string } | { readonly json: unknown } | { readonly size: number; readonly repeat: string };

/** All scenarios that were recorded with a version of the API, by name. */
export function scenarios(version: 'v1' | 'v2' = 'v1'): Scenario[] {
  const folder = new URL(version === 'v1' ? '../../vectors/' : '../../vectors-v2/', import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Scenario);
}
