import type { ImportMethod, ImportRequest } from '../../domain/import-task.js';
import { RegistryError } from '../../errors.js';

/**
 * The body of `POST /v2/images/{id}/import`; further keys do not matter. Whether the address of a web-download is one is asked once it is known that
 * the image is ready for it.
 * @param methods those that are offered
 * @throws RegistryError `bad_request`
 */
export function readImport(body: unknown, methods: readonly ImportMethod[]): ImportRequest {
  const {
    method,
    stores,
    all_stores: allStores,
    all_stores_must_succeed: mustSucceed,
  } = asObject(body, 'The body');
  const { name, uri } = asObject(method, 'method');
  const known = methods.find((one) => one === name);
  if (known === undefined)
    throw new RegistryError('bad_request', `The name of a method must be one of ${methods.join(', ')}.`);
  return {
    method: known,
    // What is no text is refused where a missing one is.
    ...(known === 'web-download' && typeof uri === 'string' ? { uri } : {}),
    ...optional('stores', namesIn(stores)),
    ...optional('allStores', booleanIn(allStores, 'all_stores')),
    ...optional('allStoresMustSucceed', booleanIn(mustSucceed, 'all_stores_must_succeed')),
  };
}

function asObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RegistryError('bad_request', `${what} must be an object.`);
  return value as Readonly<Record<string, unknown>>;
}

function namesIn(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string'))
    throw new RegistryError('bad_request', 'stores must be a list of names.');
  return value;
}

function booleanIn(value: unknown, name: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new RegistryError('bad_request', `${name} must be true or false.`);
}

function optional<Name extends keyof ImportRequest>(
  name: Name,
  value: ImportRequest[Name],
): Partial<Pick<ImportRequest, Name>> {
  return value === undefined ? {} : ({ [name]: value } as Partial<Pick<ImportRequest, Name>>);
}
