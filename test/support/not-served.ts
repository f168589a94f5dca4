import type { Step } from './vectors.js';

const upTo = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/**
 * Steps of the recordings that need `x-image-meta-location` or `x-glance-api-copy-from`, which are not served yet.
 * Everything that is not named here has to agree.
 */
const NOT_SERVED: ReadonlyMap<string, readonly number[] | 'all'> = new Map<string, readonly number[] | 'all'>(
  [
    ['sources', 'all'],
    // 8 to 11 make images by location and copy-from, 14 and 16 list them, 21 changes one of them.
    ['after-refusal', [...upTo(8, 11), 14, 16, 21]],
    // 21 to 24 are bad locations, 27 to 29 bad sources of a copy.
    ['bad-metadata', [...upTo(21, 24), ...upTo(27, 29)]],
  ],
);

/** Whether a whole scenario needs what is not served yet. */
export function isNotServed(scenario: string): boolean {
  return NOT_SERVED.get(scenario) === 'all';
}

/** The filter for `replay` that leaves out what is not served yet. */
export function notServed(scenario: string): (step: Step, index: number) => boolean {
  const rows = NOT_SERVED.get(scenario);
  return (_step, index) => rows === 'all' || (rows?.includes(index) ?? false);
}
