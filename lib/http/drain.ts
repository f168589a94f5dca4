import type { IncomingMessage, ServerResponse } from 'node:http';
import { awaitsContinue } from './prepare-server.js';

/** How much of a refused body is read, so that its sender comes to read the answer. */
const DRAIN = { bytes: 64 * 1024 * 1024, milliseconds: 30_000, every: 100 };

/**
 * Reads and drops what is left of a request's body once it is refused. A client that is still sending would see a broken pipe instead of
 * the answer if the connection was closed at once; one that goes on for too long is cut off.
 */
export function drain(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete || request.destroyed) return;
  if (awaitsContinue(request)) {
    // RFC 9110 section 10.1.1: without 100 the client sends no body, and what follows could not be told from one.
    response.shouldKeepAlive = false;
    return;
  }
  request.unpipe();
  request.resume();
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
