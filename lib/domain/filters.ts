import type { Image, Visibility } from './image.js';
import type { Filter, ValueRange } from './query.js';
import type { Time } from './times.js';
import { parseUuid } from './uuid.js';

/** The field is one of these values, exactly. */
export function fieldIs(
  field: 'id' | 'name' | 'container_format' | 'disk_format',
  values: readonly string[],
): Filter {
  // What is no id has no place in an index of ids.
  const wanted = new Set(field === 'id' ? values.filter((value) => parseUuid(value) === value) : values);
  return {
    test: (image) => {
      const value = image[field];
      return value !== null && wanted.has(value);
    },
    index: { kind: 'field', field, ranges: [...wanted].map((value) => ({ min: value, max: value })) },
  };
}

/** The field is this text; no index helps. */
export function textIs(field: 'checksum' | 'os_hash_algo' | 'os_hash_value', value: string): Filter {
  return { test: (image) => image[field] === value, member: { name: field, value } };
}

/** The image belongs to this project. */
export function ownerIs(project: string): Filter {
  return { test: (image) => image.owner === project, index: { kind: 'owner', project } };
}

export function visibilityIs(visibility: Visibility): Filter {
  return { test: (image) => image.visibility === visibility, index: { kind: 'visibility', visibility } };
}

/** The field is this number; an index helps with the size. */
export function numberIs(field: 'min_ram' | 'min_disk' | 'size' | 'virtual_size', value: number): Filter {
  const test: Filter['test'] = (image) => image[field] === value;
  return field === 'size'
    ? { test, index: { kind: 'field', field, ranges: [{ min: value, max: value }] } }
    : { test, member: { name: field, value } };
}

/** The number is within bounds, which are inclusive; one that is not known is not. No index helps. */
export function numberBetween(
  field: 'min_ram' | 'min_disk' | 'virtual_size',
  min = -Infinity,
  max = Infinity,
): Filter {
  const isWithin = (value: number): boolean => value >= min && value <= max;
  return {
    test: (image) => {
      const value = image[field];
      return value !== null && isWithin(value);
    },
    member: { name: field, value: isWithin },
  };
}

/**
 * The size is at least `min` and at most `max` bytes.
 * @param unknownIsZero whether a size that is not known counts as 0, instead of being within no bounds
 */
export function sizeBetween(
  min: number | undefined,
  max: number | undefined,
  unknownIsZero: boolean,
): Filter {
  const least = min ?? 0;
  const most = max ?? Infinity;
  const takesUnknown = unknownIsZero && least <= 0;
  return {
    test: ({ size }) => {
      const bytes = size ?? (unknownIsZero ? 0 : -1);
      return bytes >= Math.max(least, 0) && bytes <= most;
    },
    index: {
      kind: 'field',
      field: 'size',
      ranges: [
        {
          // What is not known comes first of all.
          ...(takesUnknown ? {} : { min: Math.min(least, Number.MAX_SAFE_INTEGER) }),
          ...(max === undefined ? {} : { max: Math.min(max, Number.MAX_SAFE_INTEGER) }),
        },
      ],
    },
  };
}

/** Times from `min` to `max`, both inclusive; absent: open. */
export interface TimeSpan {
  readonly min?: Time | undefined;
  readonly max?: Time | undefined;
  /** All other times. Default false. */
  readonly outside?: boolean | undefined;
}

/** The time is within, or outside of, a span. */
export function timeWithin(field: 'created_at' | 'updated_at', span: TimeSpan): Filter {
  const { min, max, outside = false } = span;
  const isWithin = (time: Time): boolean => time >= (min ?? '') && time <= (max ?? '~');
  return {
    test: (image) => isWithin(image[field]) !== outside,
    index: { kind: 'field', field, ranges: outside ? rangesOutside(span) : [rangeOf(min, max)] },
  };
}

/** Both with their bounds, which the test tells apart. */
function rangesOutside({ min, max }: TimeSpan): readonly ValueRange[] {
  return [
    ...(min === undefined ? [] : [rangeOf(undefined, min)]),
    ...(max === undefined ? [] : [rangeOf(max, undefined)]),
  ];
}

function rangeOf(min: Time | undefined, max: Time | undefined): ValueRange {
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

/** Updated after that time. */
export function changedSince(time: Time): Filter {
  return {
    test: (image) => image.updated_at > time,
    index: { kind: 'field', field: 'updated_at', ranges: [{ min: time }] },
  };
}

/** Protected or not; no index helps. */
export function protectedIs(value: boolean): Filter {
  return { test: (image) => image.protected === value, member: { name: 'protected', value } };
}

/** The image has the tag. */
export function hasTag(tag: string): Filter {
  return { test: (image) => image.tags.includes(tag), index: { kind: 'tag', tag } };
}

/** The property is there and has this value; an index helps where the operator has chosen one. */
export function propertyIs(key: string, value: string): Filter {
  return {
    test: (image: Image) => Object.hasOwn(image.properties, key) && image.properties[key] === value,
    member: { name: key, value },
    index: { kind: 'property', key, value },
  };
}

/** Nothing passes. */
export const nothing: Filter = {
  test: () => false,
  index: { kind: 'field', field: 'id', ranges: [] },
};
