import type { PolicyTarget } from './policy-target.js';
import { pythonText } from './python-text.js';

/** Text with places for fields of the target. */
export type Template = readonly (string | { readonly key: string })[];

const PIECE = /%\((?<key>[^()]+)\)s|%%|%|[^%]+/gy;

/**
 * Reads the right side of a check: text with `%(key)s` for a field of the target and `%%` for a percent sign.
 * @throws TypeError for any other use of `%`
 */
export function parseTemplate(text: string): Template {
  const pieces: (string | { key: string })[] = [];
  for (const { 0: piece, groups } of text.matchAll(PIECE)) {
    const key = groups?.key;
    if (piece === '%') throw new TypeError(`"${text}" has a % that is neither %(field)s nor %%`);
    const plain = piece === '%%' ? '%' : piece;
    const last = pieces.at(-1);
    if (key !== undefined) pieces.push({ key });
    else if (typeof last === 'string') pieces[pieces.length - 1] = last + plain;
    else pieces.push(plain);
  }
  return pieces;
}

/** Whether the text has places for fields of the target. */
export function needsTarget(template: Template): boolean {
  return template.some((piece) => typeof piece !== 'string');
}

/** The text with the target's fields filled in; null when the target lacks one of them. */
export function fillTemplate(template: Template, target: PolicyTarget): string | null {
  let text = '';
  for (const piece of template) {
    const part = typeof piece === 'string' ? piece : pythonText(fieldOf(target, piece.key));
    if (part === null) return null;
    text += part;
  }
  return text;
}

/** A field by its name, by a path with dots, or either behind `target.`. */
function fieldOf(target: PolicyTarget, key: string): unknown {
  // The prefix goes first, so that no property that a user called `target.owner` stands in for the owner.
  const name = key.startsWith('target.') ? key.slice('target.'.length) : key;
  return Object.hasOwn(target, name) ? target[name] : valueAt(target, name.split('.'));
}

/** What lies at a path of own properties; undefined when there is nothing. */
export function valueAt(from: unknown, path: readonly string[]): unknown {
  let value = from;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}
