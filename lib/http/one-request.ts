import type { Request, Response } from 'express';
import type { Caller } from '../domain/identity.js';
import type { Arrival } from './arrival.js';
import type { ClientWatch } from './client-watch.js';
import type { Incoming } from './context.js';
import type { Params } from './route-table.js';

/** What is known of a request when it has arrived, and who is behind it. */
export interface Known {
  readonly request: Request;
  readonly response: Response;
  readonly caller: Caller;
  readonly arrival: Arrival;
  readonly params: Params;
  readonly client: ClientWatch;
}

/** One request, for its handler. */
export class OneRequest implements Incoming {
  readonly request: Request;
  readonly response: Response;
  readonly caller: Caller;
  readonly requestId: string;
  readonly base: string;
  readonly search: string;
  readonly params: Params;
  readonly #client: ClientWatch;

  constructor({ request, response, caller, arrival, params, client }: Known) {
    this.request = request;
    this.response = response;
    this.caller = caller;
    this.requestId = arrival.requestId;
    this.base = arrival.base;
    this.search = arrival.search;
    this.params = params;
    this.#client = client;
  }

  get signal(): AbortSignal {
    return this.#client.signal;
  }
}

/**
 * A class of requests that have what all of them share by their prototype: to copy it into each of them takes longer than anything else that is
 * done for a small request.
 */
export function requestsWith<Parts extends object>(parts: Parts): new (known: Known) => OneRequest & Parts {
  class RequestWithParts extends OneRequest {}
  Object.assign(RequestWithParts.prototype, parts);
  return RequestWithParts as new (known: Known) => OneRequest & Parts;
}
