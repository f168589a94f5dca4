import { noSuchImage, requireWriter } from '../domain/access.js';
import { shareOf } from '../domain/identity.js';
import type { Action } from '../domain/policy/actions.js';
import { isRegistryError, RegistryError } from '../errors.js';
import { bodyOf, readSmall, type Body } from '../http/body.js';
import type { HeldBody } from '../http/read-budget.js';
import type { V2Exchange, V2Handler } from './exchange.js';

/** Refuses a request that brings a body where none is taken: RegistryError `bad_request`. */
export const bodiless =
  (handler: V2Handler): V2Handler =>
  async (exchange) => {
    const { request, caller, reading } = exchange;
    const body = bodyOf(request);
    // A body that is said to be there may turn out to be empty.
    if (body !== null && (body.length !== null || !(await isEmpty(body, reading.begin(shareOf(caller))))))
      throw new RegistryError('bad_request', 'This request takes no body.');
    await handler(exchange);
  };

async function isEmpty(body: Body, held: HeldBody): Promise<boolean> {
  try {
    await readSmall(body, 0, held);
    return true;
  } catch (error) {
    if (isRegistryError(error, 'too_large')) return false;
    throw error;
  }
}

/** Refuses callers who may change nothing, before anything that they send is read: RegistryError `forbidden` or `unauthorized`. */
export const changing =
  (handler: V2Handler): V2Handler =>
  async (exchange) => {
    requireWriter(exchange.caller);
    await handler(exchange);
  };

/** Refuses callers whom the policy does not allow this: RegistryError `forbidden`. */
export const allowed =
  (action: Action, handler: V2Handler): V2Handler =>
  async (exchange) => {
    exchange.access.require(action, exchange.caller, null);
    await handler(exchange);
  };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether the path names an image by an id that one can have. */
export function hasImageId({ params }: Pick<V2Exchange, 'params'>): boolean {
  return UUID.test((params.id ?? '').toLowerCase());
}

/**
 * The id of the image that the path names.
 * @throws RegistryError `not_found`: an id must be a uuid with hyphens
 */
export function idOf(exchange: Pick<V2Exchange, 'params'>): string {
  if (!hasImageId(exchange)) throw noSuchImage();
  return (exchange.params.id ?? '').toLowerCase();
}
