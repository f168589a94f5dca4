import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The last answer that each connection has to send. */
const last = new WeakMap<Socket, ServerResponse>();

/**
 * Begins to work on a request when the answer before it on the same connection is out, RFC 9112 section 9.3.2. A client that sends requests and
 * reads no answers keeps one of them going, not thousands.
 */
export function inTurn(request: IncomingMessage, response: ServerResponse, work: () => void): void {
  const { socket } = request;
  const before = last.get(socket);
  last.set(socket, response);
  if (before === undefined || before.writableFinished || before.destroyed) work();
  else
    before.once('close', () => {
      if (!socket.destroyed) work();
    });
}
