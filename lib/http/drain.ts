import type { IncomingMessage, ServerResponse } from 'node:http';
import { awaitsContinue } from './prepare-server.js';

/** How much of a refused body is read, so that its sender comes to read the answer. */
const DRAIN = { bytes: 64 * 1024 * 1024, milliseconds: 30_000, every: 100 };

/**
 * Ends an answer that does not wait for the request's body, and reads and drops what is left of that. A client that is still sending would
 * see a broken pipe instead of the answer if the connection was closed at once; one that goes on for too long is cut off.
 */
export function endAndDrain(request: IncomingMessage, response: ServerResponse, answer: Buffer): void {
  if (request.complete || request.destroyed) {
    response.end(answer);
    return;
  }
  if (awaitsContinue(request)) {
    // RFC 9110 section 10.1.1: without 100 the client sends no body, and what follows could not be told from one.
    endAndClose(response, answer);
    return;
  }
  request.unpipe();
  request.resume();
  limitDrain(request);
  if (response.shouldKeepAlive) {
    response.end(answer);
    return;
  }
  // RFC 9112 section 9.6: a connection that is closed while data comes is reset, and takes the answer with it. So all of the answer goes
  // out now, and its end when the client has ended.
  response.write(answer);
  for (const ended of ['end', 'close'] as const) request.once(ended, () => response.end());
}

/** Ends an answer, and the connection with it. */
export function endAndClose(response: ServerResponse, answer: Buffer): void {
  response.shouldKeepAlive = false;
  response.end(answer);
}

function limitDrain(request: IncomingMessage): void {
  const { socket } = request;
  const limit = socket.bytesRead + DRAIN.bytes;
  const until = performance.now() + DRAIN.milliseconds;
  const watch = setInterval(() => {
    if (request.complete || socket.destroyed) clearInterval(watch);
    else if (socket.bytesRead > limit || performance.now() > until) {
      clearInterval(watch);
      socket.destroy();
    }
  }, DRAIN.every);
  watch.unref();
}
