import type { Request } from 'express';
import { callerOf, type Caller } from '../domain/identity.js';
import { isRegistryError, RegistryError } from '../errors.js';
import type { Authenticate } from '../identity/identity.js';
import { ClientWatch } from './client-watch.js';
import type { Handler, HttpParts } from './context.js';
import { requestsWith } from './one-request.js';
import type { Answer } from './route-table.js';
import { requireSameOrigin } from './same-origin.js';
import { sendError } from './send-error.js';

/** Makes what answers a request on a path out of a handler. `translate` turns what was thrown into what is answered. */
export type Handle<Parts = HttpParts> = (
  handler: Handler<Parts>,
  translate?: (thrown: unknown) => unknown,
) => Answer;

/** Handlers as they are called: identify, authenticate, answer, and turn what is thrown into an answer. */
export function handleWith<Parts extends HttpParts>(parts: Parts, authenticate: Authenticate): Handle<Parts> {
  const Exchange = requestsWith(parts);
  return (handler, translate = asThrown) =>
    (request, response, arrival, params) => {
      const { requestId, base } = arrival;
      const client = new ClientWatch(request, response);
      const answer = async (): Promise<void> => {
        const caller = await identify(authenticate, request, requestId);
        requireSameOrigin(request, base, parts.settings.allowedOrigins);
        await handler(new Exchange({ request, response, caller, arrival, params, client }));
      };
      answer().catch((error: unknown) => {
        if (client.isGone) parts.log.debug({ err: error, requestId }, 'the client went away');
        else sendError(request, response, withChallenge(translate(error), authenticate), arrival, parts.log);
      });
    };
}

function asThrown(thrown: unknown): unknown {
  return thrown;
}

async function identify(authenticate: Authenticate, request: Request, requestId: string): Promise<Caller> {
  let identity;
  try {
    identity = await authenticate(request);
  } catch (error) {
    if (isRegistryError(error)) throw error;
    throw new RegistryError('unavailable', 'the identity strategy failed', { cause: error });
  }
  if (identity !== null) return callerOf(identity, requestId);
  throw new RegistryError('unauthorized', 'This request has no valid credentials.');
}

/** RFC 9110 section 15.5.2: every 401 says how to authenticate, whoever has refused. */
function withChallenge(error: unknown, { challenge = 'Token realm="images"' }: Authenticate): unknown {
  if (!isRegistryError(error, 'unauthorized')) return error;
  return new RegistryError('unauthorized', error.message, {
    cause: error.cause,
    headers: { 'WWW-Authenticate': challenge, ...error.headers },
  });
}
