import type { Time } from './times.js';

/** `glance-direct`: staged bytes; `web-download`: from a URL; `copy-image`: from a store of the image to others. */
export type ImportMethod = 'glance-direct' | 'web-download' | 'copy-image';
/** Ways to import data, by the names of the Images API v2. */
export const IMPORT_METHODS = [
  'glance-direct',
  'web-download',
  'copy-image',
] as const satisfies readonly ImportMethod[];

/** What is to be imported, and into which stores. */
export interface ImportRequest {
  readonly method: ImportMethod;
  /** Where `web-download` fetches the data. */
  readonly uri?: string | undefined;
  /** Names of stores. Default: `store`. */
  readonly stores?: readonly string[] | undefined;
  /** Name of one store, in place of `stores`. Default: the one that the image was reserved with, else the default store. */
  readonly store?: string | undefined;
  /** Into all stores that can be written to, in place of `stores`. Default false. */
  readonly allStores?: boolean | undefined;
  /** Whether nothing is kept when one of several stores fails. Default true. */
  readonly allStoresMustSucceed?: boolean | undefined;
}

/** An import, from when it is taken on until it is forgotten. */
export interface ImportTask {
  /** uuid */
  readonly id: string;
  readonly status: 'pending' | 'processing' | 'success' | 'failure';
  /** Id of the project that has asked for it. */
  readonly owner: string | null;
  readonly user: string | null;
  /** Id of the request; null when the host app's own code has asked. */
  readonly request: string | null;
  readonly input: ImportRequest;
  /** Names of the stores that it goes to. */
  readonly backend: readonly string[];
  /** How it went, for people. */
  readonly message: string;
  readonly created_at: Time;
  readonly updated_at: Time;
  /** When it is forgotten; null while it goes on. */
  readonly expires_at: Time | null;
}
