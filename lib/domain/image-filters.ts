import * as filters from './filters.js';
import type { Image } from './image.js';
import type { Filter } from './query.js';

/** One value, or a list of which any will do. */
export type OneOf = string | readonly string[];

/** Conditions on images, all of which must hold. Those that name a value hold for images that have exactly that. */
export interface ImageFilters {
  readonly id?: OneOf | undefined;
  readonly name?: OneOf | undefined;
  /** A status that is none finds nothing. */
  readonly status?: OneOf | undefined;
  readonly disk_format?: OneOf | undefined;
  readonly container_format?: OneOf | undefined;
  /** Project id. */
  readonly owner?: string | undefined;
  readonly checksum?: string | undefined;
  readonly os_hash_algo?: string | undefined;
  readonly os_hash_value?: string | undefined;
  /** MB; null finds nothing, here and in the next three. */
  readonly min_ram?: number | null | undefined;
  /** GB. */
  readonly min_disk?: number | null | undefined;
  /** Bytes. */
  readonly size?: number | null | undefined;
  /** Bytes. */
  readonly virtual_size?: number | null | undefined;
  /** Bounds are inclusive. An image whose size is not known is within none, but within those of a size that counts as 0 for v1. */
  readonly size_min?: number | undefined;
  readonly size_max?: number | undefined;
  readonly min_ram_min?: number | undefined;
  readonly min_ram_max?: number | undefined;
  readonly min_disk_min?: number | undefined;
  readonly min_disk_max?: number | undefined;
  readonly virtual_size_min?: number | undefined;
  readonly virtual_size_max?: number | undefined;
  readonly protected?: boolean | undefined;
  readonly created_at?: filters.TimeSpan | undefined;
  readonly updated_at?: filters.TimeSpan | undefined;
  /** The image has all of them. */
  readonly tags?: readonly string[] | undefined;
  /** Values by key. A property that the caller may not read is for him as if it was not there. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/** What filters depend on besides what is wanted. */
export interface FilterContext {
  /** Whether the caller may read a property of that key. */
  readonly canRead: (key: string) => boolean;
  /** Whether a size that is not known counts as 0. */
  readonly unknownSizeIsZero: boolean;
}

const TEXTS = ['checksum', 'os_hash_algo', 'os_hash_value'] as const;
const NUMBERS = ['min_ram', 'min_disk', 'size', 'virtual_size'] as const;
const FIELDS = ['id', 'name', 'container_format', 'disk_format'] as const;

/** The conditions as a query has them, but for the status. */
export function* filtersOf(wanted: ImageFilters, context: FilterContext): Generator<Filter> {
  for (const field of FIELDS) {
    const value = wanted[field];
    if (value !== undefined) yield filters.fieldIs(field, typeof value === 'string' ? [value] : value);
  }
  if (wanted.owner !== undefined) yield filters.ownerIs(wanted.owner);
  for (const field of TEXTS) {
    const value = wanted[field];
    if (value !== undefined) yield filters.textIs(field, value);
  }
  for (const field of NUMBERS) {
    const value = wanted[field];
    if (value !== undefined) yield value === null ? filters.nothing : filters.numberIs(field, value);
  }
  yield* boundsOf(wanted, context);
  if (wanted.protected !== undefined) yield filters.protectedIs(wanted.protected);
  for (const field of ['created_at', 'updated_at'] as const) {
    const span = wanted[field];
    if (span !== undefined) yield filters.timeWithin(field, span);
  }
  for (const tag of new Set(wanted.tags)) yield filters.hasTag(tag);
  for (const [key, value] of Object.entries(wanted.properties ?? {}))
    yield context.canRead(key) ? filters.propertyIs(key, value) : filters.nothing;
}

function* boundsOf(wanted: ImageFilters, { unknownSizeIsZero }: FilterContext): Generator<Filter> {
  const { size_min, size_max } = wanted;
  if (size_min !== undefined || size_max !== undefined)
    yield filters.sizeBetween(size_min, size_max, unknownSizeIsZero);
  for (const field of ['min_ram', 'min_disk', 'virtual_size'] as const) {
    const min = wanted[`${field}_min`];
    const max = wanted[`${field}_max`];
    if (min !== undefined || max !== undefined) yield filters.numberBetween(field, min, max);
  }
}

/** Whether the status is among those that are wanted. */
export function isWantedStatus(status: Image['status'], wanted: ImageFilters['status']): boolean {
  if (wanted === undefined) return true;
  return typeof wanted === 'string' ? status === wanted : wanted.includes(status);
}
