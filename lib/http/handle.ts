import type { Request, RequestHandler, Response } from 'express';
import { callerOf, type Caller } from '../domain/identity.js';
import { isRegistryError, RegistryError } from '../errors.js';
import type { Authenticate } from '../identity/identity.js';
import { arrivalOf } from './arrival.js';
import type { Handler, HttpParts } from './context.js';
import { requireSameOrigin } from './same-origin.js';
import { sendError } from './send-error.js';

/** Makes an Express handler of ours. `translate` turns what was thrown into what is answered. */
export type Handle<Parts = HttpParts> = (
  handler: Handler<Parts>,
  translate?: (thrown: unknown) => unknown,
) => RequestHandler;

/** Makes Express handlers of ours: identify, authenticate, answer, and turn what is thrown into an answer. */
export function handleWith<Parts extends HttpParts>(parts: Parts, authenticate: Authenticate): Handle<Parts> {
  return (handler, translate = asThrown) =>
    (request, response) => {
      const { requestId, base } = arrivalOf(request);
      const signal = whileConnected(request, response);
      const answer = async (): Promise<void> => {
        const caller = await identify(authenticate, request, requestId);
        requireSameOrigin(request, base, parts.settings.allowedOrigins);
        const params = request.params as Record<string, string>;
        await handler({ ...parts, request, response, caller, requestId, base, params, signal });
      };
      answer().catch((error: unknown) => {
        if (signal.aborted) parts.log.debug({ err: error, requestId }, 'the client went away');
        else
          sendError(request, response, withChallenge(translate(error), authenticate), requestId, parts.log);
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

/** Milliseconds without anything to send after which a client that has closed its side of the connection counts as gone. */
const HALF_CLOSED = 5000;

/**
 * A client that ends its side of the connection may still read the answer, or may have gone: only what is sent to it tells. It gets what can
 * be had soon, and nothing is looked for on its behalf for long.
 */
function closeWhenGone({ method, socket }: Request, response: Response): void {
  // What is brought by others is stored whether they stay or not, once it is all there.
  if (method !== 'GET' && method !== 'HEAD') return;
  let timer: NodeJS.Timeout | undefined;
  const halfClosed = (): void => {
    let sent = socket.bytesWritten;
    timer = setInterval(() => {
      // What is on its way to it is refused when it has gone.
      if (socket.bytesWritten === sent && socket.writableLength === 0) socket.destroy();
      sent = socket.bytesWritten;
    }, HALF_CLOSED);
  };
  if (socket.readableEnded) halfClosed();
  else socket.once('end', halfClosed);
  response.once('close', () => {
    socket.off('end', halfClosed);
    clearInterval(timer);
  });
}

/** A signal that is aborted when the connection ends before the answer does. */
function whileConnected(request: Request, response: Response): AbortSignal {
  const gone = new AbortController();
  const abort = (): void => {
    if (!response.writableFinished)
      gone.abort(new RegistryError('client_gone', 'The client went away before it had the answer.'));
  };
  response.once('close', abort);
  closeWhenGone(request, response);
  // A request that is broken off raises 'error'; it has to be listened to.
  request.on('error', abort);
  return gone.signal;
}
