import { Policy } from '../policy.js';
import type { Check } from './check.js';
import { parseCheck } from './parse-check.js';
import { parseTerm } from './parse-term.js';
import { tellingWhere } from './policy-rules.js';
import type { PolicyPreset } from './presets.js';

/**
 * Reads a policy file as Glance has it: one mapping of names to rules. A rule is a text, or in the older form a list of lists of
 * terms, of which all of one inner list must hold. A file without rules leaves those of the preset in force.
 * @param preset holds for what the file does not say
 * @throws TypeError that names the line, the rule and the position in its text
 */
export async function parsePolicy(
  text: string,
  format: 'json' | 'yaml',
  preset?: PolicyPreset,
): Promise<Policy> {
  if (format === 'json') requireJson(text);
  // JSON is YAML too; this parser knows the lines and finds names that occur twice.
  const { isMap, isNode, isScalar, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ''), { lineCounter: lines, schema: 'core' });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined)
    throw new TypeError(`policy file: ${problem.message.split('\n')[0] ?? ''}`, { cause: problem });
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null))
    return new Policy(new Map(), preset);
  if (!isMap(contents)) throw new TypeError('policy file: a mapping of names to rules is needed');
  const checks = new Map<string, Check>();
  for (const { key, value } of contents.items) {
    if (!isScalar(key) || typeof key.value !== 'string')
      throw new TypeError('policy file: the name of a rule must be a string');
    const line = lines.linePos(key.range[0]).line;
    // A bare ! is a tag in YAML, which leaves the empty text: everyone in place of nobody.
    const bare = isScalar(value) && value.value === '' && value.type === 'PLAIN';
    const rule: unknown = isNode(value) && !bare ? value.toJS(document, { maxAliasCount: 100 }) : null;
    checks.set(
      key.value,
      tellingWhere(`policy file, line ${line}, rule ${key.value}`, () => fileCheck(rule)),
    );
  }
  return tellingWhere('policy file', () => new Policy(checks, preset));
}

function requireJson(text: string): void {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new TypeError(`policy file is not JSON: ${(error as SyntaxError).message}`, { cause: error });
  }
}

function fileCheck(rule: unknown): Check {
  if (typeof rule === 'string') return parseCheck(rule);
  if (!Array.isArray(rule))
    throw new TypeError('a quoted string or a list is needed: "@" is everyone, "!" nobody');
  return listCheck(rule as readonly unknown[]);
}

/** The older form: any of the inner lists, all of the terms in it. Inner lists that are empty do not count. */
function listCheck(rule: readonly unknown[]): Check {
  if (rule.length === 0) return { kind: 'always' };
  const alternatives = rule
    .map((inner): readonly unknown[] => (Array.isArray(inner) ? inner : [inner]))
    .filter((inner) => inner.length > 0)
    .map((inner): Check => ({ kind: 'and', checks: inner.map(termOf) }));
  return { kind: 'or', checks: alternatives };
}

function termOf(term: unknown): Check {
  if (typeof term !== 'string') throw new TypeError('a list can hold strings and lists of strings');
  return parseTerm(term);
}
