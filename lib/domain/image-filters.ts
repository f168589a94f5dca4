import * as filters from './filters.js';
import type { Filter } from './query.js';

/** Conditions on images, all of which must hold. Those that name a value hold for images that have exactly that. */
export interface ImageFilters {
  readonly name?: string | undefined;
  /** A status that is none finds nothing. */
  readonly status?: string | undefined;
  readonly disk_format?: string | undefined;
  readonly container_format?: string | undefined;
  /** MB; null finds nothing. */
  readonly min_ram?: number | null | undefined;
  /** GB; null finds nothing. */
  readonly min_disk?: number | null | undefined;
  /** Bytes, inclusive. */
  readonly size_min?: number | undefined;
  /** Bytes, inclusive. */
  readonly size_max?: number | undefined;
  readonly protected?: boolean | undefined;
  /** Values by key. A property that the caller may not read is for him as if it was not there. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/**
 * The conditions as a query has them, but for the status.
 * @param canRead whether the caller may read a property of that key
 */
export function* filtersOf(wanted: ImageFilters, canRead: (key: string) => boolean): Generator<Filter> {
  for (const field of ['name', 'container_format', 'disk_format'] as const) {
    const value = wanted[field];
    if (value !== undefined) yield filters.fieldIs(field, value);
  }
  for (const field of ['min_ram', 'min_disk'] as const) {
    const value = wanted[field];
    if (value !== undefined) yield value === null ? filters.nothing : filters.numberIs(field, value);
  }
  const { size_min, size_max } = wanted;
  if (size_min !== undefined || size_max !== undefined) yield filters.sizeBetween(size_min, size_max);
  if (wanted.protected !== undefined) yield filters.protectedIs(wanted.protected);
  for (const [key, value] of Object.entries(wanted.properties ?? {}))
    yield canRead(key) ? filters.propertyIs(key, value) : filters.nothing;
}
