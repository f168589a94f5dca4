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

/** A key to sort by. */
export interface SortOrder {
  readonly key: SortKey;
  readonly dir: 'asc' | 'desc';
}

/** A set of images that an index lists: all of one visibility, of one owner (of one visibility, if it says so), or shared with one project. */
export type Scope =
  | { readonly kind: 'visibility'; readonly visibility: Visibility }
  | { readonly kind: 'owner'; readonly project: string; readonly visibility?: Visibility }
  | { readonly kind: 'member'; readonly project: string; readonly status: MemberStatus };

/** A value that an index orders by; null comes first, text by its UTF-8 bytes. */
export type IndexValue = string | number | null;

/** Values from `min` to `max`, both inclusive; absent: open. */
export interface ValueRange {
  readonly min?: IndexValue;
  readonly max?: IndexValue;
}

/** What an index knows of the images that pass a filter: none of them lacks it. */
export type FilterIndex =
  | { readonly kind: 'field'; readonly field: SortKey; readonly ranges: readonly ValueRange[] }
  | { readonly kind: 'owner'; readonly project: string }
  | { readonly kind: 'visibility'; readonly visibility: Visibility }
  | Term;

/** What an image may have or not: a tag, or a property with a value. */
export type Term =
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'property'; readonly key: string; readonly value: string };

/** A member of a name and a value, or of a number of which a function tells whether it is meant. */
export interface JsonMember {
  readonly name: string;
  readonly value: string | number | boolean | ((value: number) => boolean);
}

/** A condition on images. */
export interface Filter {
  readonly test: (image: Image) => boolean;
  /** What every image has that passes, by itself or in something of its own: quicker to look for in a record than to decode it. Absent where there is nothing. */
  readonly member?: JsonMember;
  /** Absent where no index helps. */
  readonly index?: FilterIndex;
}

/** What to list: the union of scopes, narrowed by states and filters, in one order from one place on. */
export interface ImageQuery {
  readonly scopes: readonly Scope[];
  readonly statuses: readonly ImageStatus[];
  /** Whether hidden images (v2 `os_hidden`) are left out, shown like others, or shown alone. */
  readonly hidden: 'excluded' | 'included' | 'only';
  /** All must hold. */
  readonly filters: readonly Filter[];
  /** At least one key. Ties are broken by created_at, then id, in the direction of the last one. */
  readonly sort: readonly [SortOrder, ...SortOrder[]];
  /** Begin at this image's place in the order: behind it, or with it when `inclusive`. It need not match the query. */
  readonly from: { readonly image: Image; readonly inclusive: boolean } | null;
  /** The most images to return, 0 or more. */
  readonly limit: number;
}

/** When each slice of a listing with filters is read, which may be one of many that look through all images. */
export type Pace = <T>(slice: () => Promise<T>) => Promise<T>;

/** The same order from its other end. */
export function reversed([first, ...more]: ImageQuery['sort']): ImageQuery['sort'] {
  const turned = ({ key, dir }: SortOrder): SortOrder => ({ key, dir: dir === 'asc' ? 'desc' : 'asc' });
  return [turned(first), ...more.map(turned)];
}
