import type { JsonMember } from '../domain/query.js';

/** Characters of a number in JSON. */
const LONGEST_NUMBER = 25;

/** How the records whose images have some members are found by their JSON. */
export interface MemberSearch {
  /** All stand in the JSON of every such record, and maybe of others. */
  readonly texts: readonly string[];
  /** Whether the JSON of a record with these texts may be that of such an image; absent: it may be. */
  readonly test: ((json: string) => boolean) | undefined;
}

/** @param members none that records leave out */
export function memberSearch(members: readonly JsonMember[]): MemberSearch {
  const tests: ((json: string) => boolean)[] = [];
  const texts = members.map(({ name, value }) => {
    // Without the first quote, which begins so much else that it takes twice as long to find.
    const start = `${JSON.stringify(name).slice(1)}:`;
    if (typeof value !== 'function') return start + JSON.stringify(value);
    tests.push((json) => hasNumber(json, start, value));
    return start;
  });
  return {
    texts,
    test: tests.length === 0 ? undefined : (json) => tests.every((test) => test(json)),
  };
}

/** Whether such a number is anywhere behind that text. */
function hasNumber(json: string, start: string, isSuch: (value: number) => boolean): boolean {
  for (let at = json.indexOf(start); at >= 0; at = json.indexOf(start, at + 1)) {
    const value = at + start.length;
    if (isSuch(Number.parseFloat(json.slice(value, value + LONGEST_NUMBER)))) return true;
  }
  return false;
}
