import type { Check } from './check.js';

/** Rules that refer to rules that refer to rules: none needs more, and the stack bears it. */
const LONGEST_CHAIN = 100;

/**
 * Makes sure that every rule that a rule refers to exists and that none refers to itself over any way.
 * @throws TypeError that names the rules
 */
export function linkChecks(checks: ReadonlyMap<string, Check>): void {
  const sound = new Set<string>();
  const visit = (name: string, way: readonly string[]): void => {
    if (sound.has(name)) return;
    if (way.includes(name))
      throw new TypeError(
        `policy rules refer to each other in a circle: ${[...way.slice(way.indexOf(name)), name].join(' -> ')}`,
      );
    if (way.length === LONGEST_CHAIN)
      throw new TypeError(
        `policy rule ${way[0] ?? name}: more than ${LONGEST_CHAIN} rules refer to each other in a chain`,
      );
    const check = checks.get(name);
    if (check === undefined)
      throw new TypeError(`policy rule ${way.at(-1) ?? name} refers to rule:${name}, which is not defined`);
    for (const next of rulesIn(check)) visit(next, [...way, name]);
    sound.add(name);
  };
  for (const name of checks.keys()) visit(name, []);
}

function rulesIn(check: Check): string[] {
  switch (check.kind) {
    case 'rule':
      return [check.name];
    case 'not':
      return rulesIn(check.check);
    case 'and':
    case 'or':
      return check.checks.flatMap(rulesIn);
    default:
      return [];
  }
}
