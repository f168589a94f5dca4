import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { HeldInput } from './held-input.js';

/** The answers of a connection that are not out yet. */
interface Queue {
  /** The last of them. */
  last: ServerResponse;
  /** Requests that wait for an answer before theirs. */
  waiting: number;
  readonly input: HeldInput;
}

const queues = new WeakMap<Socket, Queue>();

/**
 * Begins to work on a request when the answer before it on the same connection is out, RFC 9112 section 9.3.2. Meanwhile nothing more of
 * what the client sends is parsed: one that sends requests and reads no answers keeps one of them going, not thousands.
 */
export function inTurn(request: IncomingMessage, response: ServerResponse, work: () => void): void {
  const { socket } = request;
  const queue = queues.get(socket);
  if (queue === undefined) {
    queues.set(socket, { last: response, waiting: 0, input: new HeldInput(socket) });
    work();
    return;
  }
  if (queue.last.writableFinished || queue.last.destroyed) {
    queue.last = response;
    work();
    return;
  }
  const before = queue.last;
  queue.last = response;
  queue.waiting += 1;
  queue.input.hold();
  before.once('close', () => {
    queue.waiting -= 1;
    if (socket.destroyed) return;
    // The last one may still have a body to come.
    if (queue.waiting === 0) queue.input.release();
    work();
  });
}
