import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';

/** What `prepareServer` may be told. */
export interface PrepareServerOptions {
  /** Milliseconds that a connection may be silent during a transfer. Default 60000. */
  readonly idleTimeout?: number;
  /** Milliseconds that a connection is kept for a next request; longer than a proxy in front keeps it. Default 75000. */
  readonly keepAliveTimeout?: number;
  /** Most bytes of a request's headers: metadata travels in them. Default 262144. */
  readonly maxHeaderSize?: number;
}

/** Requests whose client waits for `100 Continue` before it sends its body. */
const waiting = new WeakSet<IncomingMessage>();

/**
 * Sets a Node server up for images: no limit to the time that a request takes but one to its silence, room for metadata in headers,
 * `100 Continue` only when the body is really wanted, so that a refused upload is refused before it is sent, and an answer for clients that
 * close their side of the connection behind the request. Safe for all other routes of the same server. Call it before the server listens.
 *
 * @returns the same server
 */
export function prepareServer<S extends Server | HttpsServer>(
  server: S,
  options: PrepareServerOptions = {},
): S {
  server.requestTimeout = 0;
  server.timeout = options.idleTimeout ?? 60_000;
  server.keepAliveTimeout = options.keepAliveTimeout ?? 75_000;
  // What is beyond Node's 2000 it drops without a word; the size is bounded anyway.
  server.maxHeadersCount = 0;
  // Node reads these properties for every connection, though it documents only the first, as an option of createServer.
  Object.assign(server, { maxHeaderSize: options.maxHeaderSize ?? 262_144, httpAllowHalfOpen: true });
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(request);
    continueOnRead(request, response);
    server.emit('request', request, response);
  });
  return server;
}

/** Whether the client of this request still holds its body back. */
export function awaitsContinue(request: IncomingMessage): boolean {
  return waiting.has(request);
}

/** RFC 9110 section 10.1.1: sends 100 when the body is first asked for, unless the final answer is out already. */
function continueOnRead(request: IncomingMessage, response: ServerResponse): void {
  const read = request._read.bind(request);
  request._read = (size) => {
    if (waiting.delete(request) && !response.headersSent) response.writeContinue();
    request._read = read;
    read(size);
  };
}
