import { shareOf } from '../domain/identity.js';
import { RegistryError } from '../errors.js';
import { bodyOf, readSmall } from './body.js';
import type { Exchange } from './context.js';
import { UTF8 } from './utf8.js';

/** Most bytes of a JSON document. */
const SIZE = 1024 * 1024;
/** Most lists and objects within each other; no body of the API needs half of that. */
const DEPTH = 16;

/**
 * Reads a body as JSON, RFC 8259, whatever its Content-Type. Of a key that stands twice the last counts.
 *
 * @throws RegistryError `bad_request` for a body that is missing, not JSON in UTF-8, nested too deep, or has text with NUL or half a surrogate
 *   pair, which no store keeps as it is; `too_large`
 */
export async function readJsonBody({
  request,
  caller,
  reading,
}: Pick<Exchange, 'request' | 'caller' | 'reading'>): Promise<unknown> {
  const body = bodyOf(request);
  const bytes = body === null ? Buffer.alloc(0) : await readSmall(body, SIZE, reading.begin(shareOf(caller)));
  if (bytes.length === 0) throw new RegistryError('bad_request', 'This request needs a JSON body.');
  const document = parse(bytes);
  checkValue(document, DEPTH);
  return document;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch (error) {
    throw new RegistryError('bad_request', 'The body is not valid JSON in UTF-8.', { cause: error });
  }
}

function checkValue(value: unknown, depth: number): void {
  if (typeof value === 'string') checkText(value);
  if (typeof value !== 'object' || value === null) return;
  if (depth === 0) throw new RegistryError('bad_request', `The body is nested deeper than ${DEPTH}.`);
  for (const [key, inner] of Object.entries(value)) {
    checkText(key);
    checkValue(inner, depth - 1);
  }
}

/**
 * Refuses text that cannot be kept as it is.
 * @throws RegistryError `bad_request`
 */
export function checkText(text: string): void {
  if (/[\0\p{Surrogate}]/u.test(text))
    throw new RegistryError('bad_request', 'Strings must not contain NUL or unpaired surrogates.');
}
