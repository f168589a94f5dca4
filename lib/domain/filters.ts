import { indexValue, type Filter } from './query.js';
import type { Time } from './times.js';

/** The field is this value. */
export function fieldIs(field: 'name' | 'container_format' | 'disk_format', value: string): Filter {
  return { test: (image) => image[field] === value, range: { field, min: value, max: value } };
}

/** The field is this number; no index helps. */
export function numberIs(field: 'min_ram' | 'min_disk', value: number): Filter {
  return { test: (image) => image[field] === value };
}

/** The size is at least `min` and at most `max` bytes. */
export function sizeBetween(min: number | undefined, max: number | undefined): Filter {
  return {
    test: (image) => {
      const size = Number(indexValue(image, 'size'));
      return size >= (min ?? 0) && size <= (max ?? Infinity);
    },
    range: {
      field: 'size',
      ...(min === undefined ? {} : { min: Math.min(min, Number.MAX_SAFE_INTEGER) }),
      ...(max === undefined ? {} : { max: Math.min(max, Number.MAX_SAFE_INTEGER) }),
    },
  };
}

/** Updated after that time. */
export function changedSince(time: Time): Filter {
  return { test: (image) => image.updated_at > time, range: { field: 'updated_at', min: time } };
}

/** Protected or not; no index helps. */
export function protectedIs(value: boolean): Filter {
  return { test: (image) => image.protected === value };
}

/** The property is there and has this value; no index helps. */
export function propertyIs(key: string, value: string): Filter {
  return { test: (image) => Object.hasOwn(image.properties, key) && image.properties[key] === value };
}

/** Nothing passes. */
export const nothing: Filter = { test: () => false };
