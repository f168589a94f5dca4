import type { Handler, HttpParts, Incoming } from '../http/context.js';
import type { KeptViews } from '../http/kept-views.js';
import type { AccessControl } from '../services/access-control.js';
import type { Parts } from '../services/parts.js';
import type { Tasks } from '../services/tasks.js';
import type { ProjectUsage } from '../services/usage.js';
import type { Check } from './schemas/compile-schema.js';

/** What the handlers of v2 share. */
export interface V2Parts extends HttpParts {
  readonly access: AccessControl;
  /** What clients may know of the stores. */
  readonly stores: Parts['stores']['infos'];
  readonly usage: ProjectUsage;
  readonly tasks: Tasks;
  readonly importMethods: Parts['importMethods'];
  /** The documents below `/v2/schemas/`, by path. */
  readonly schemas: ReadonlyMap<string, object>;
  /** The schema of an image. */
  readonly checkImage: Check;
  /** Images as JSON. */
  readonly texts: KeptViews<string>;
  /** Whether clients may say where data lies. */
  readonly changesLocations: boolean;
}

export type V2Exchange = V2Parts & Incoming;
export type V2Handler = Handler<V2Parts>;
