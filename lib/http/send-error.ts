import type { Request, Response } from 'express';
import { ERRORS, isRegistryError, RegistryError } from '../errors.js';
import type { Logger } from '../logger.js';
import { unmarkData } from './answer-headers.js';
import type { Arrival } from './arrival.js';
import { endAndClose, endAndDrain } from './drain.js';
import { sendJson } from './send-json.js';

/** Seconds that a client shall wait after 503. */
const RETRY_AFTER = '5';

/**
 * The only writer of error responses: a short plain text, or JSON, one object in an object, when the client's `Accept` asks for it or the version
 * of the API has it so. Answers of 500 and above are logged with their cause, which never leaves the house.
 */
export function sendError(
  request: Request,
  response: Response,
  thrown: unknown,
  { requestId, jsonErrors }: Pick<Arrival, 'requestId' | 'jsonErrors'>,
  log: Logger,
): void {
  const error = isRegistryError(thrown)
    ? thrown
    : new RegistryError('internal', 'unexpected error', { cause: thrown });
  const { status } = error;
  if (status >= 500 && error.code !== 'not_implemented')
    log.error({ err: error, requestId, status }, 'a request failed');
  if (response.headersSent) {
    // Part of the answer is out: only a broken connection tells the client that it is not whole.
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames())
    if (name.startsWith('x-image-meta-') || FRAMING.includes(name)) response.removeHeader(name);
  unmarkData(response);
  for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
  if (status === 503) response.setHeader('Retry-After', RETRY_AFTER);
  const end = (body: Buffer): void => {
    // RFC 9110 section 15.5.9: nothing more is expected of a client that did not send what it has begun.
    if (error.code === 'request_timeout') endAndClose(response, body);
    else endAndDrain(request, response, body);
  };
  const { title } = ERRORS[error.code];
  const message = printable(error.publicText);
  if (wantsJson(request, jsonErrors)) {
    sendJson(response, status, { error: { code: status, title, message } }, end);
    return;
  }
  const body = Buffer.from(`${status} ${title}\n\n${message}\n`);
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  response.setHeader('Content-Length', body.length);
  end(body);
}

/** RFC 9110 section 12.5.1: no Accept, or an empty one, excludes nothing. */
function wantsJson(request: Request, jsonErrors: Arrival['jsonErrors']): boolean {
  const { accept = '' } = request.headers;
  if (jsonErrors === 'asked') return accept.includes('application/json');
  return accept.trim() === '' || request.accepts('json') !== false;
}

/** Headers that belonged to the answer that did not come. */
const FRAMING = ['etag', 'content-range', 'accept-ranges', 'last-modified', 'location', 'link'];

/** Texts may quote what a client sent: no control characters go back. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
