import type { ErrorObject } from 'ajv';
import { RegistryError } from '../../errors.js';
import { UUID_PATTERN } from './schema.js';

/** Most characters of a client's own words in a message. */
const QUOTED = 100;

const BODY = 'The body';

const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  null: 'null',
  number: 'a number',
  object: 'an object',
  string: 'a string',
};

/** What a schema finds wrong, in a sentence that names the attribute. */
export function refusalOf({ instancePath, keyword, params, message }: ErrorObject): RegistryError {
  const where = nameOf(instancePath);
  return new RegistryError('bad_request', `${sentence(where, keyword, params, message)}.`);
}

function sentence(where: string, keyword: string, params: Params, message = 'is not valid'): string {
  switch (keyword) {
    case 'type':
      return `${where} must be ${[params.type].flat().map(kindOf).sort().join(' or ')}`;
    case 'enum':
      return `${where} must be one of ${(params.allowedValues as unknown[]).map(String).join(', ')}`;
    case 'maxLength':
      return `${where} must have at most ${String(params.limit)} characters`;
    case 'minLength':
      return `${where} needs at least ${String(params.limit)} characters`;
    case 'pattern':
      return `${where} must ${params.pattern === UUID_PATTERN ? 'be a uuid' : `match ${String(params.pattern)}`}`;
    case 'required':
      return `${inside(where, String(params.missingProperty))} is missing`;
    case 'additionalProperties':
      return `${inside(where, quoted(String(params.additionalProperty)))} is not supported`;
    default:
      return `${where} ${message}`;
  }
}

function inside(where: string, name: string): string {
  return where === BODY ? name : `${where} ${name}`;
}

type Params = Readonly<Record<string, unknown>>;

function kindOf(type: unknown): string {
  return KINDS[String(type)] ?? String(type);
}

/** `/tags/0` is `tags 0`. */
function nameOf(path: string): string {
  if (path === '') return BODY;
  return path
    .slice(1)
    .split('/')
    .map((part) => quoted(part.replaceAll('~1', '/').replaceAll('~0', '~')))
    .join(' ');
}

/** A client's own word, shortened. */
export function quoted(word: string): string {
  const characters = Array.from(word);
  return characters.length <= QUOTED ? word : `${characters.slice(0, QUOTED).join('')}…`;
}
