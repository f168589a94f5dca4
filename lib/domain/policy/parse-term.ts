import type { Check } from './check.js';
import { parseTemplate } from './template.js';

const CREDENTIAL = /^[\p{L}_][\p{L}\p{N}_-]*(\.[\p{L}\p{N}_-]+)*$/u;
const QUOTED = /^(?:'([^'"\\]*)'|"([^'"\\]*)")$/;
const WHOLE = /^([+-]?)(0|[1-9]\d*)$/;
const DECIMAL = /^\+?(-?(?:0|[1-9]\d{0,9})\.\d{1,5})$/;

/**
 * Reads one term of a rule: `@`, `!`, `role:x`, `rule:x`, or left side, colon, right side.
 * @throws TypeError that tells what is wrong with it
 */
export function parseTerm(text: string): Check {
  if (text === '@') return { kind: 'always' };
  if (text === '!') return { kind: 'never' };
  const colon = text.indexOf(':');
  if (colon === -1)
    throw new TypeError(`"${text}" is not a check: it needs a colon, as in role:${text} or rule:${text}`);
  const left = text.slice(0, colon);
  const right = text.slice(colon + 1);
  if (/[()]/.test(right.replaceAll(/%\([^()]+\)/g, '') + left))
    throw new TypeError(`"${text}" has a parenthesis inside: blanks belong between it and its neighbours`);
  if (left === 'rule') {
    if (right === '') throw new TypeError(`"${text}" names no rule`);
    return { kind: 'rule', name: right };
  }
  if (left === 'role') {
    if (right === '') throw new TypeError(`"${text}" names no role`);
    return { kind: 'role', role: parseTemplate(right) };
  }
  if (left === 'http' || left === 'https')
    throw new TypeError(`"${text}" asks another server, which is not supported: use a function instead`);
  const literal = literalOf(left);
  if (literal !== null) return { kind: 'literal', left: literal, right: parseTemplate(right) };
  if (!CREDENTIAL.test(left))
    throw new TypeError(`"${left}" before the colon is not an attribute, a number or quoted text`);
  return { kind: 'credential', path: left.split('.'), right: parseTemplate(right) };
}

/** The text of a constant as Python would print it; null when it is none. */
function literalOf(text: string): string | null {
  if (text === 'True' || text === 'False' || text === 'None') return text;
  const [, single, double] = QUOTED.exec(text) ?? [];
  if (single !== undefined || double !== undefined) return single ?? double ?? null;
  const [, sign, digits] = WHOLE.exec(text) ?? [];
  if (digits !== undefined) return sign === '-' && digits !== '0' ? `-${digits}` : digits;
  const [, decimal] = DECIMAL.exec(text) ?? [];
  if (decimal === undefined) return null;
  const [whole, fraction = ''] = decimal.split('.');
  return `${whole}.${fraction.replace(/0+$/, '').padEnd(1, '0')}`;
}
