import type { Variables } from './vector-request.js';
import { fill } from './vector-request.js';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?$/;
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
/** Lists of text under these keys have no order. */
const SETS: readonly string[] = ['tags', 'enum', 'required'];

/** How closely objects are compared. */
export interface Rules {
  /** Objects may have further keys. */
  readonly loose: boolean;
  /** Further keys that objects may always have. */
  readonly mayAdd: ReadonlySet<string>;
}

/**
 * Every difference between recorded JSON and an answer, in words. `${time}`, `${uuid}` and `${any}` stand for any such value, `${absent}` for a
 * key that must not be there; a list that begins with `${among}` names items that the list must hold.
 */
export function jsonDifferences(
  want: unknown,
  have: unknown,
  at: string,
  variables: Variables,
  rules: Rules,
  key = '',
): string[] {
  const fault = (what: string) => [`${at}: wanted ${what}, have ${JSON.stringify(have)}`];
  if (want === '${any}') return [];
  if (want === '${time}') return TIME.test(String(have)) ? [] : fault('a time');
  if (want === '${uuid}') return UUID.test(String(have)) ? [] : fault('a uuid');
  if (typeof want === 'string') {
    const filled = fill(want, variables);
    return filled === have || sameLink(key, filled, have) ? [] : fault(JSON.stringify(filled));
  }
  if (Array.isArray(want)) return listDifferences(want, have, at, variables, rules, key);
  if (isObject(want)) return objectDifferences(want, have, at, variables, rules);
  return Object.is(want, have) ? [] : fault(JSON.stringify(want));
}

function listDifferences(
  want: readonly unknown[],
  have: unknown,
  at: string,
  variables: Variables,
  rules: Rules,
  key: string,
): string[] {
  const fault = (what: string) => [`${at}: wanted ${what}, have ${JSON.stringify(have)}`];
  if (!Array.isArray(have)) return fault('a list');
  const items = have as readonly unknown[];
  if (want[0] === '${among}')
    return want
      .slice(1)
      .filter((item) => !items.some((one) => jsonDifferences(item, one, at, variables, rules).length === 0))
      .map((item) => `${at}: has no ${fill(JSON.stringify(item), variables)}`);
  if (SETS.includes(key) && want.every((item) => typeof item === 'string' || item === null)) {
    const filled = JSON.parse(fill(JSON.stringify(want), variables)) as readonly unknown[];
    return sorted(filled) === sorted(items) ? [] : fault(JSON.stringify(filled));
  }
  if (items.length !== want.length) return fault(`${want.length} items`);
  return want.flatMap((item, index) =>
    jsonDifferences(item, items[index], `${at}[${index}]`, variables, rules),
  );
}

function objectDifferences(
  want: Record<string, unknown>,
  have: unknown,
  at: string,
  variables: Variables,
  rules: Rules,
): string[] {
  if (!isObject(have)) return [`${at}: wanted an object, have ${JSON.stringify(have)}`];
  const wanted = Object.entries(want).flatMap(([key, value]) => {
    const isThere = Object.hasOwn(have, key);
    if (value === '${absent}')
      return isThere ? [`${at}.${key} is there, unasked: ${JSON.stringify(have[key])}`] : [];
    if (!isThere) return [`${at}.${key} is missing`];
    return jsonDifferences(value, have[key], `${at}.${key}`, variables, rules, key);
  });
  if (rules.loose) return wanted;
  const extra = Object.keys(have)
    .filter((key) => !Object.hasOwn(want, key) && !rules.mayAdd.has(key))
    .map((key) => `${at}.${key} is there, unasked: ${JSON.stringify(have[key])}`);
  return [...wanted, ...extra];
}

/** Links are the same when they have the same path and the same set of parameters. */
function sameLink(key: string, one: string, other: unknown): boolean {
  return (key === 'first' || key === 'next') && typeof other === 'string' && linkOf(one) === linkOf(other);
}

function linkOf(text: string): string {
  const { pathname, searchParams } = new URL(text, 'http://localhost');
  return `${pathname}?${[...searchParams]
    .map((pair) => pair.join('='))
    .sort()
    .join('&')}`;
}

function sorted(list: readonly unknown[]): string {
  return list
    .map((item) => JSON.stringify(item))
    .sort()
    .join();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
