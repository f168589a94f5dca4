import type { ImageFilters } from './image-filters.js';
import type { SortOrder } from './query.js';
import type { Wanted } from './scopes.js';
import type { Time } from './times.js';

/** A listing as a caller asks for it. A key that is absent or undefined was not named. */
export interface ListRequest extends Wanted {
  /** Hidden images alone; they are left out otherwise. Default false. */
  readonly hidden?: boolean | undefined;
  readonly filters?: ImageFilters | undefined;
  /** Images changed after that time, deleted and killed ones too, which no other listing shows. */
  readonly changesSince?: Time | undefined;
  /** Default: the newest first. Ties are broken by created_at, then id, in the direction of the last key. */
  readonly sort?: readonly SortOrder[] | undefined;
  /** Most images on the page, 0 or more; lowered to the option `limitMax`. Default: the option `limitDefault`. */
  readonly limit?: number | undefined;
  /** Id of the image behind which the page begins; it need not match the filters. Default: the first page. */
  readonly marker?: string | null | undefined;
  /** Whether to look for a page before this one, too. Default false. */
  readonly previous?: boolean | undefined;
}
