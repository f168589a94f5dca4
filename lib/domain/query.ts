import type { Image, ImageStatus, MemberStatus, Visibility } from './image.js';

/** The sort keys of the Images API v1; each has an index. */
export const SORT_KEYS = [
  'name',
  'status',
  'container_format',
  'disk_format',
  'size',
  'id',
  'created_at',
  'updated_at',
] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** A set of images that an index lists: all of one visibility, of one owner, or shared with one project. */
export type Scope =
  | { readonly kind: 'visibility'; readonly visibility: Visibility }
  | { readonly kind: 'owner'; readonly project: string }
  | { readonly kind: 'member'; readonly project: string; readonly status: MemberStatus };

/** A value that an index orders by; null comes first, text by its UTF-8 bytes. */
export type IndexValue = string | number | null;

/** A condition on images. */
export interface Filter {
  readonly test: (image: Image) => boolean;
  /** Where an index helps: all images that pass have this field between `min` and `max` (both inclusive, absent: open). */
  readonly range?: { readonly field: SortKey; readonly min?: IndexValue; readonly max?: IndexValue };
}

/** What to list: the union of scopes, narrowed by states and filters, in one order from one place on. */
export interface ImageQuery {
  readonly scopes: readonly Scope[];
  readonly statuses: readonly ImageStatus[];
  /** Include hidden images (v2 `os_hidden`); they are left out otherwise. */
  readonly hidden: boolean;
  readonly filters: readonly Filter[];
  /** Ties are broken by created_at, then id, in the same direction. */
  readonly sortKey: SortKey;
  readonly sortDir: 'asc' | 'desc';
  /** Begin at this image's place in the order: behind it, or with it when `inclusive`. It need not match the query. */
  readonly from: { readonly image: Image; readonly inclusive: boolean } | null;
  /** The most images to return, 0 or more. */
  readonly limit: number;
}

/** When each slice of a listing with filters is read, which may be one of many that look through all images. */
export type Pace = <T>(slice: () => Promise<T>) => Promise<T>;

/** The value that an index orders an image by. A size that is not known counts as 0. */
export function indexValue(image: Image, key: SortKey): IndexValue {
  return key === 'size' ? (image.size ?? 0) : image[key];
}
